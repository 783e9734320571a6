/** An instance of one web container, and an engine that has its images, for tests of how it is made. */
import { healthSchema } from "@berth/shared/catalog/schema";
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import type { OperationContext } from "../operations/context.ts";
import { FakeEngine } from "./fake-engine.ts";
import { containerSpec, instanceSpec } from "./specs.ts";
import { untold } from "../operations/phases.ts";

/** Ever so impatient. */
export const health = healthSchema.parse({
  command: ["check"],
  intervalSeconds: 0.001,
  startPeriodSeconds: 0.02,
  failures: 2,
});
export const waiting = { waitForHealth: true };

/** Without host ports: whether they are free is asked of the real /proc. */
export function specOf(version: string, names = ["user1-web"]): InstanceSpec {
  const containers = names.map((name) => containerSpec({ name, image: `test/web:${version}`, ports: [], health }));
  return instanceSpec({ version, hash: `hash-${version}`, containers });
}

export function engineWith(...versions: string[]): FakeEngine {
  const engine = new FakeEngine();
  for (const version of versions) engine.images.set(`test/web:${version}`, `sha256:${version}`);
  return engine;
}

export function context(signal = new AbortController().signal): OperationContext {
  return { signal, progress: () => undefined, phase: untold };
}
