/**
 * How long Berth takes to bring up a tenant's instances on a ready node with its images, against a shell script on the
 * same LXC that makes the same containers with `docker run` in the same order and waits for the same health.
 * The services are those that start within a second or two: slower ones would hide what Berth adds.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Run } from "@berth/shared/api/runs";
import { BerthError } from "@berth/shared/errors";
import type { AttachedGuest } from "../containers/attach.ts";
import { type ContainerDetails, inspectContainers, renderDeployScript } from "./deploy-script.ts";
import { type Bench, type BenchFleet, seconds } from "./fleet.ts";
import { applyDeployed, applyReady, node } from "./fleets.ts";
import { median, result, type BenchmarkResult } from "./result.ts";
import { removeWatched } from "./watched-containers.ts";

const rounds = 5;
const scriptPath = "root/berth-bench-deploy.sh";

export async function benchmarkDeploy({ fleet: open, say }: Bench): Promise<BenchmarkResult[]> {
  const fleet = await open();
  await applyReady(fleet);
  const guest = await fleet.guest(node.address);
  await removeWatched(guest);
  say("deploy: the first time, which pulls the images and does not count");
  const first = await applyDeployed(fleet);
  const names = instancesOf(first);
  const containers = await inspectContainers(guest, names);
  await writeFile(join(guest.root, scriptPath), renderDeployScript(containers), { mode: 0o600 });
  await clear(fleet, guest, containers);
  const berth: number[] = [];
  const docker: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    berth.push(runMilliseconds(await applyDeployed(fleet)));
    await clear(fleet, guest, containers);
    docker.push(Number(await guest.run(["sh", `/${scriptPath}`], { deadlineMs: 300_000 })));
    await removeContainers(guest, containers);
    say(
      `deploy: round ${round} of ${rounds}, Berth ${seconds(berth.at(-1) ?? 0)}, docker run ${seconds(docker.at(-1) ?? 0)}`,
    );
  }
  return [
    result({
      name: "deploy",
      value: median(berth) / median(docker),
      unit: "× docker run",
      goal: 1.1,
      better: "lower",
      detail: `${names.join(", ")} until healthy: Berth ${seconds(median(berth))}, docker run ${seconds(median(docker))}`,
    }),
  ];
}

/** The instances that a run has made, in its order. */
function instancesOf(run: Run | null): string[] {
  return (run?.steps ?? []).filter(({ kind }) => kind === "instance.ensure").map(({ target }) => target);
}

/** How long a run has taken. Throws `lab.failed` when there was none. */
export function runMilliseconds(run: Run | null): number {
  if (run === null || run.endedAt === null) throw new BerthError("lab.failed", "The fleet was deployed already");
  return Date.parse(run.endedAt) - Date.parse(run.createdAt);
}

/** Removes the instances as Berth does, and their volumes, which Berth keeps. */
async function clear(fleet: BenchFleet, guest: AttachedGuest, containers: readonly ContainerDetails[]): Promise<void> {
  await applyReady(fleet);
  await removeVolumes(guest, containers);
}

async function removeContainers(guest: AttachedGuest, containers: readonly ContainerDetails[]): Promise<void> {
  await guest.run(["docker", "rm", "--force", ...containers.map(({ name }) => name)], { deadlineMs: 120_000 });
  await removeVolumes(guest, containers);
}

async function removeVolumes(guest: AttachedGuest, containers: readonly ContainerDetails[]): Promise<void> {
  const volumes = containers.flatMap(({ mounts }) => mounts.map(({ source }) => source));
  await guest.run(["docker", "volume", "rm", "--force", ...volumes], { deadlineMs: 60_000 });
}
