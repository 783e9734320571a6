/** Around the integration tests: takes down the lab that the fleet's tests brought up, whatever became of them, and asks for no trace. */
import { isDeepStrictEqual } from "node:util";
import type { TestProject } from "vitest/node";
import { fleetLabDown } from "../../src/demo/fleet-lab.ts";
import { processStartTime } from "../../src/host/processes.ts";
import { listLabs } from "../../src/state.ts";
import { findRemains, nothing } from "../remains.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Of the lab in which this run of the tests has its fleet. */
    labName: string;
  }
}

/** For whoever works on these tests: a lab that stays, so that the next run goes on with it. */
const keptLab = process.env["BERTH_TEST_KEEP_LAB"] === undefined ? undefined : "test";

/** Runs in vitest's own process, which outlives a test that crashes. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeOrphans();
  // A name of its own, so that two runs at a time do not meet.
  const name = keptLab ?? `test-${process.pid}`;
  project.provide("labName", name);
  return async () => {
    if (name !== keptLab && (await listLabs()).includes(name)) await removeLab(name);
  };
}

/** Labs of runs that were killed themselves. */
async function removeOrphans(): Promise<void> {
  for (const name of await listLabs()) {
    const pid = /^test-(?<pid>\d+)$/.exec(name)?.groups?.["pid"];
    if (pid !== undefined && (await processStartTime(Number(pid))) === undefined) await removeLab(name);
  }
}

/** Throws when anything of the lab is left on this machine. */
async function removeLab(name: string): Promise<void> {
  await fleetLabDown({ name, onProgress: () => undefined });
  const remains = await findRemains(name);
  if (!isDeepStrictEqual(remains, nothing)) throw new Error(`Lab ${name} left traces: ${JSON.stringify(remains)}`);
}
