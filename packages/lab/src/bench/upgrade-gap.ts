/**
 * How long an instance does not answer while it is upgraded, as a client sees it that asks through its route every 50 ms;
 * against the time from the stop of the older container to when one of the newer version is healthy on the same data, by
 * Docker alone on the same node. Both have to migrate what the older version has written.
 */
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { setTimeout as elapse } from "node:timers/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { catalog } from "@berth/shared/catalog/index";
import { routeListSchema } from "@berth/shared/api/routes";
import { BerthError } from "@berth/shared/errors";
import type { AttachedGuest } from "../containers/attach.ts";
import { ensureImages } from "../images/ensure-images.ts";
import { spawnInNamespace } from "../network/namespace.ts";
import { routerAuthority, routerNetwork } from "../router/service.ts";
import { inspectWithFiles, renderDeployScript } from "./deploy-script.ts";
import { type Bench, type BenchFleet, seconds } from "./fleet.ts";
import { laterSearxng } from "../images/definitions/stand-ins.ts";
import { applyReady, applyUpgradable, node } from "./fleets.ts";
import { median, result, type BenchmarkResult } from "./result.ts";
import { removeWatched } from "./watched-containers.ts";

interface Subject {
  service: "openwebui" | "n8n" | "searxng";
  instance: string;
  from: string;
  to: string;
  /** What is built only when it is asked for. */
  images: readonly string[];
  rounds: number;
  goal: number;
}

const subjects: readonly Subject[] = [
  {
    service: "n8n",
    instance: `${node.name}-n8n`,
    from: "2.40.7",
    to: "2.41.1",
    images: ["n8nio/n8n:2.40.7", "n8nio/n8n:2.41.1"],
    rounds: 1,
    goal: 1.2,
  },
  // The stand-in starts in a moment: all that Berth adds shows.
  {
    service: "openwebui",
    instance: `${node.name}-openwebui`,
    from: "v0.11.1",
    to: "v0.11.2",
    images: [],
    rounds: 3,
    goal: 1.2,
  },
  // May run side by side: nothing of a gap but what lies between two questions.
  {
    service: "searxng",
    instance: "shared-searxng",
    from: catalog.get("searxng")?.version ?? "",
    to: laterSearxng,
    images: [],
    rounds: 3,
    goal: 0.2,
  },
];
const scriptPath = "root/berth-bench-newer.sh";
/**
 * n8n takes up to twenty seconds to stop while the work is under way that it begins when it has started. Nobody upgrades
 * an instance then.
 */
const restMs = 40_000;
const clientDeadlineMs = 60_000;
/** For the answers behind the gap. */
const afterwardsMs = 1000;

export async function benchmarkUpgradeGap({ fleet: open, say }: Bench): Promise<BenchmarkResult[]> {
  const fleet = await open();
  await applyReady(fleet);
  await removeWatched(await fleet.guest(node.address));
  const results: BenchmarkResult[] = [];
  for (const subject of subjects) results.push(await measureSubject(fleet, subject, say));
  return results;
}

async function measureSubject(fleet: BenchFleet, subject: Subject, say: Bench["say"]): Promise<BenchmarkResult> {
  const { service, from, to, images, rounds, goal } = subject;
  if (images.length > 0) await ensureImages({ references: images });
  const gaps: number[] = [];
  const bare: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const guest = await fleet.guest(node.address);
    await applyUpgradable(fleet, service, from);
    await elapse(restMs);
    bare.push(await stopToHealthy(guest, subject));
    await clear(fleet, guest);
    await applyUpgradable(fleet, service, from);
    await elapse(restMs);
    gaps.push(await upgradeGap(fleet, subject));
    say(
      `upgrade-gap: ${service}, round ${round} of ${rounds}, Berth ${seconds(gaps.at(-1) ?? 0)}, container ${seconds(bare.at(-1) ?? 0)}`,
    );
    await clear(fleet, guest);
  }
  return result({
    name: `upgrade-gap-${service}`,
    value: median(gaps) / median(bare),
    unit: "× stop to healthy",
    goal,
    better: "lower",
    detail: `${service} ${from} -> ${to}: no answer for ${seconds(median(gaps))}, by hand ${seconds(median(bare))}`,
  });
}

/** Milliseconds. The image of the newer version is on the node, as an upgrade has it before anything stops. */
async function stopToHealthy(guest: AttachedGuest, { service, instance: name, to }: Subject): Promise<number> {
  const [older] = await inspectWithFiles(guest, [name]);
  const image = catalog.get(service)?.image;
  if (older === undefined || image === undefined) throw new BerthError("lab.failed", `There is no ${name}`);
  const newer = { ...older, image: `${older.image.slice(0, older.image.lastIndexOf(":"))}:${to}` };
  await guest.run(["docker", "pull", "--quiet", newer.image], { deadlineMs: 900_000 });
  await writeFile(join(guest.root, scriptPath), renderDeployScript([newer]), { mode: 0o600 });
  const begun = performance.now();
  await guest.run(["docker", "stop", name], { deadlineMs: 120_000 });
  await guest.run(["docker", "rename", name, `${name}-older`]);
  await guest.run(["sh", `/${scriptPath}`], { deadlineMs: 900_000 });
  const took = performance.now() - begun;
  // Both: what was made by hand is not Berth's to remove, and in the way of what Berth makes next.
  await guest.run(["docker", "rm", "--force", name, `${name}-older`]);
  return took;
}

async function upgradeGap(fleet: BenchFleet, { service, instance, to }: Subject): Promise<number> {
  const { caFile } = await routerAuthority(fleet.lab.stateDirectory);
  const host = await hostOf(fleet, instance);
  const program = join(import.meta.dirname, "peer/ask-route.ts");
  const client = spawnInNamespace(
    fleet.lab.namespace,
    [process.execPath, program, routerNetwork.address, caFile, host, healthOf(service).path],
    { stdin: "ignore", stdout: "pipe", stderr: "ignore", reject: false, buffer: false },
  );
  try {
    await once(client.stdout, "data", { signal: AbortSignal.timeout(clientDeadlineMs) });
    await fleet.berth(["upgrade", service, "--to", to, "--no-backup", "--min-healthy", "3s"]);
    await elapse(afterwardsMs);
    const said = text(client.stdout);
    client.kill("SIGTERM");
    const gap = Number((await said).trim());
    if (gap > 0) return gap;
    throw new BerthError("lab.failed", `The client of ${host} was not answered twice`);
  } finally {
    client.kill("SIGKILL");
  }
}

async function hostOf(fleet: BenchFleet, instance: string): Promise<string> {
  const { routes } = routeListSchema.parse(JSON.parse(await fleet.berth(["route", "list", "--json"])));
  const route = routes.find((one) => one.instance === instance);
  if (route === undefined) throw new BerthError("lab.failed", `${instance} has no route`);
  return route.host;
}

function healthOf(service: Subject["service"]): { port: number; path: string } {
  const http = catalog.get(service)?.health.http;
  if (http === undefined) throw new BerthError("lab.failed", `The health of ${service} is not asked for over HTTP`);
  return http;
}

/** The next round begins with the older version, which has no use for what the newer one has written. */
async function clear(fleet: BenchFleet, guest: AttachedGuest): Promise<void> {
  await applyReady(fleet);
  const volumes = (await guest.run(["docker", "volume", "ls", "--quiet"])).split("\n").filter((name) => name !== "");
  if (volumes.length > 0) await guest.run(["docker", "volume", "rm", "--force", ...volumes], { deadlineMs: 120_000 });
}
