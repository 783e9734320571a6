/** Around the integration tests: takes down the lab that the fleet's tests brought up, whatever became of them, and asks for no trace. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { TestProject } from "vitest/node";
import { fleetLabDown } from "../../src/demo/fleet-lab.ts";
import { isPresent } from "../../src/host/files.ts";
import { findRemains, nothing } from "../remains.ts";
import { labName } from "./lab-name.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** File that is there once the lab was brought up by this run of the tests. */
    labMarker: string;
  }
}

/** For whoever works on these tests: the lab stays, and the next run goes on with it. */
export const keepsLab = process.env["BERTH_TEST_KEEP_LAB"] !== undefined;

/** Runs in vitest's own process, which outlives a test that crashes. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), "berth-fleet-tests-"));
  const marker = join(directory, "lab-is-up");
  project.provide("labMarker", marker);
  return async () => {
    // Runs that are about something else must not take the lab from one that is about the fleet.
    if ((await isPresent(marker)) && !keepsLab) await removeLab();
    await rm(directory, { recursive: true });
  };
}

/** Throws when anything of the lab is left on this machine. */
export async function removeLab(): Promise<void> {
  await fleetLabDown({ name: labName, onProgress: () => undefined });
  const remains = await findRemains(labName);
  if (!isDeepStrictEqual(remains, nothing)) throw new Error(`The lab left traces: ${JSON.stringify(remains)}`);
}
