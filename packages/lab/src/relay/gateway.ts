/** The other half of a relay: from a Unix socket, which a relay of the main namespace reaches, to an address of the lab. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { BerthError } from "@berth/shared/errors";
import * as z from "zod";
import { readIfPresent } from "../host/files.ts";
import { findLongLived, isRunning, startLongLived, stopLongLived } from "../host/processes.ts";
import { waitFor } from "../host/wait.ts";
import { inNamespace } from "../network/namespace.ts";
import type { Lab } from "../state.ts";
import type { GatewayTarget } from "./relay.ts";

const processName = "gateway";

export const gatewayTargetsSchema = z.array(z.object({ socketPath: z.string(), host: z.string(), port: z.int() }));
const readySchema = z.object({ pid: z.int(), targets: gatewayTargetsSchema });

/** Lets Unix sockets lead to addresses inside the lab. One process serves them all; it is kept when it serves the same. */
export async function ensureGateway(
  lab: Pick<Lab, "stateDirectory" | "namespace">,
  targets: readonly GatewayTarget[],
): Promise<void> {
  const { stateDirectory, namespace } = lab;
  const ready = join(stateDirectory, "gateway.json");
  const running = await findLongLived(stateDirectory, processName);
  const known = await readReady(ready);
  if (running !== undefined && known?.pid === running.pid && isDeepStrictEqual(known.targets, targets)) return;
  await stopLongLived(stateDirectory, processName);
  await rm(ready, { force: true });
  if (targets.length === 0) return;
  const options = ["--targets", JSON.stringify(targets), "--ready", ready];
  const main = join(import.meta.dirname, "gateway-main.ts");
  const argv = inNamespace(namespace, [process.execPath, main, ...options]);
  const identity = await startLongLived({ name: processName, argv, stateDirectory });
  await waitFor({
    what: "The gateway to the instances' pages",
    deadlineMs: 60_000,
    check: async () => {
      if ((await readReady(ready))?.pid === identity.pid) return true;
      if (await isRunning(identity)) return undefined;
      throw new BerthError("lab.failed", "The gateway to the instances' pages ended before it listened", {
        hint: `See ${join(stateDirectory, "log", `${processName}.log`)}`,
      });
    },
  });
}

async function readReady(path: string): Promise<z.infer<typeof readySchema> | undefined> {
  const content = await readIfPresent(path);
  return content === undefined ? undefined : readySchema.parse(JSON.parse(content));
}
