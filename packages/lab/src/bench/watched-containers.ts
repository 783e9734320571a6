/** Thirty idle containers on the benchmarks' node, watched by its agent. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { getSamples } from "@berth/shared/api/metrics";
import type { AttachedGuest } from "../containers/attach.ts";
import { waitFor } from "../host/wait.ts";
import type { BenchFleet } from "./fleet.ts";
import { applyReady, node } from "./fleets.ts";
import { requestJson } from "./request.ts";

export const watchedCount = 30;
const startsAtOnce = 4;
const prefix = "bench-idle-";

/** Starts those that are missing, on a node with nothing else, and returns once the agent samples them all. */
export async function ensureWatched(fleet: BenchFleet): Promise<AttachedGuest> {
  await applyReady(fleet);
  const guest = await fleet.guest(node.address);
  const running = new Set(await listNames(guest));
  const missing = Array.from({ length: watchedCount }, (_, index) => `${prefix}${index + 1}`).filter(
    (name) => !running.has(name),
  );
  if (missing.length > 0) {
    const image = `${fleet.lab.registry}/berth-lab/idle:1`;
    await trustRegistry(fleet, guest);
    await guest.run(["docker", "pull", "--quiet", image], { deadlineMs: 120_000 });
    const start = async (): Promise<void> => {
      for (let name = missing.shift(); name !== undefined; name = missing.shift()) {
        await guest.run(["docker", "run", "--detach", "--name", name, image], { deadlineMs: 60_000 });
      }
    };
    await Promise.all(Array.from({ length: startsAtOnce }, start));
  }
  await waitUntilSampled(fleet);
  return guest;
}

export async function removeWatched(guest: AttachedGuest): Promise<void> {
  const names = await listNames(guest, "--all");
  if (names.length > 0) await guest.run(["docker", "rm", "--force", ...names], { deadlineMs: 120_000 });
}

/** How many containers the newest frame of the node's samples holds, and how many frames came in the last seconds. */
export async function sampled(fleet: BenchFleet, ofSeconds: number): Promise<{ containers: number; frames: number }> {
  const path = `${getSamples.path}?seconds=${ofSeconds}&node=${node.name}`;
  const answer = await requestJson({ socketPath: fleet.socket, method: "GET", path });
  const [samples] = getSamples.response.parse(answer).nodes;
  return {
    containers: samples?.containers.length ?? 0,
    frames: samples?.frames.length ?? 0,
  };
}

/** Returns once the agent has seen all of them, and has sent a frame lately. */
export async function waitUntilSampled(fleet: BenchFleet): Promise<void> {
  await waitFor({
    what: `A sample of ${watchedCount} containers`,
    deadlineMs: 60_000,
    intervalMs: 1000,
    check: async () => ((await sampled(fleet, 10)).containers === watchedCount ? true : undefined),
  });
}

async function listNames(guest: AttachedGuest, ...options: string[]): Promise<string[]> {
  const filter = `name=^${prefix}`;
  const listing = await guest.run(["docker", "ps", ...options, "--filter", filter, "--format", "{{.Names}}"]);
  return listing.split("\n").filter((line) => line !== "");
}

/** What Berth does for the images of its instances. */
async function trustRegistry({ lab }: BenchFleet, guest: AttachedGuest): Promise<void> {
  if (lab.registryCaFile === undefined) return;
  const directory = join(guest.root, "etc/docker/certs.d", lab.registry);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, "ca.crt"), await readFile(lab.registryCaFile));
}
