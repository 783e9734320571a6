/** An instance that does not become healthy: when that is sure, and what is told of it. */
import { healthSchema } from "@berth/shared/catalog/schema";
import { BerthError } from "@berth/shared/errors";
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import { expect, it } from "vitest";
import { context, engineWith, specOf, waiting } from "../testing/web-instance.ts";
import type { OperationContext } from "./context.ts";
import { ensureInstance } from "./instance-ensure.ts";
import { untold } from "./phases.ts";

it("gives up one that Docker starts again and again, sooner where a former one waits", async () => {
  const engine = engineWith("1", "2");
  const patient = healthSchema.parse({ command: ["check"], intervalSeconds: 0.001, startPeriodSeconds: 600 });
  const fails = (version: string): InstanceSpec => ({
    ...specOf(version),
    containers: specOf(version).containers.map((container) => ({ ...container, health: patient })),
  });
  // As Docker does: once more each time that it is looked at.
  const crashing: OperationContext = {
    ...context(),
    phase: untold,
    progress: () => {
      for (const container of engine.containers.values()) {
        Object.assign(container, { state: "restarting", restarts: container.restarts + 1, exitCode: 1 });
      }
    },
  };
  const first = (version: string) => {
    engine.health.set(`test/web:${version}`, 1);
    return ensureInstance(engine, fails(version), crashing, waiting);
  };
  await expect(first("1")).rejects.toThrow("started again 5 times");
  engine.health.delete("test/web:1");
  for (const container of engine.containers.values()) Object.assign(container, { state: "running", restarts: 0 });
  await expect(first("2")).rejects.toThrow("started again 3 times");
});

it("tells why it failed also where its log cannot be read", async () => {
  const engine = engineWith("1");
  engine.health.set("test/web:1", 1);
  engine.logs = async () => Promise.reject(new BerthError("docker.failed", "Could not read logs: aborted"));
  const failing = ensureInstance(engine, specOf("1"), context(), waiting);
  await expect(failing).rejects.toThrow(/did not become healthy: check exits 1.*could not be read: Could not read/s);
});
