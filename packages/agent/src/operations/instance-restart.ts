/** instance.restart: the same containers, stopped and started again, and healthy. */
import { BerthError } from "@berth/shared/errors";
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import type { Engine } from "../docker/engine.ts";
import type { Journal } from "../journal/journal.ts";
import type { OperationHandler } from "./context.ts";
import { throughOutages } from "./outage.ts";
import { waitForHealth, whileStopped } from "./pause-instance.ts";

export function instanceRestart(
  engine: Engine,
  { desired, held, stopped }: Pick<Journal, "desired" | "held" | "stopped">,
): OperationHandler<"instance.restart"> {
  return ({ node, instance }, context) =>
    throughOutages(engine, context, async () => {
      const spec = desired.get(instance);
      if (spec === undefined) {
        throw new BerthError("not-found", `There is no ${instance} on node ${node}`, { hint: "See `berth status`" });
      }
      if (held.has(instance)) {
        throw new BerthError(
          "conflict",
          `An upgrade has stopped ${instance}, and keeps it so until it goes on or back`,
          {
            hint: "See `berth upgrade list`, and `berth run list` for a run to resume.",
          },
        );
      }
      await requireContainers(engine, spec);
      const nothing = () => Promise.resolve();
      const { milliseconds } = await whileStopped({ engine, desired, stopped }, instance, context, nothing);
      await startTheRest(engine, spec);
      await waitForHealth({ engine, desired }, instance, context, "It runs on.");
      return { stoppedMilliseconds: milliseconds };
    });
}

/** A restart makes none, and what passes a missing one by would have restarted nothing. */
async function requireContainers(engine: Engine, { instance, containers }: InstanceSpec): Promise<void> {
  for (const { name } of containers) {
    if ((await engine.inspectContainer(name)) !== null) continue;
    throw new BerthError("not-found", `${instance} has no container ${name} to restart`, {
      hint: "`berth apply` makes it again.",
    });
  }
}

/** What did not run before, and should. */
async function startTheRest(engine: Engine, { containers }: InstanceSpec): Promise<void> {
  for (const { name } of containers) {
    const found = await engine.inspectContainer(name);
    if (found !== null && found.state !== "running" && found.state !== "restarting") {
      await engine.startContainer(found.id);
    }
  }
}
