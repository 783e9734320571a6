/** backup.drill: what a subject has put into a backup comes back somewhere else, and is what it was. */
import type { OperationInput, OperationResult } from "@berth/shared/operations/index";
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import { openRepository } from "../backup/repository.ts";
import { Restic } from "../backup/restic.ts";
import type { SourceTools } from "../backup/sources.ts";
import type { OperationContext } from "../operations/context.ts";
import { checkDigests } from "../operations/digests.ts";
import type { Engine } from "../docker/engine.ts";
import type { DrillEngine } from "../docker/drill-engine.ts";
import { hostFiles } from "../volumes/files.ts";
import { requireDisk, restoredBytes } from "./disk.ts";
import { memoryOf, requireMemory } from "./memory.ts";
import { meetNeed } from "./needs.ts";
import type { NodeMeter } from "../metrics/node-meter.ts";
import { provePart } from "./prove-part.ts";
import type { DrillContainer, DrillRoom } from "./room.ts";
import { locateNeed, locateSource } from "./stores.ts";

type Input = OperationInput<"backup.drill">;

export interface DrillDependencies extends SourceTools {
  engine: Engine;
  drills: DrillEngine;
  room: DrillRoom;
  node: Pick<NodeMeter, "mounts" | "availableMemoryBytes">;
}

/** A repetition begins anew. */
export async function drillBackup(
  dependencies: DrillDependencies,
  input: Input,
  context: OperationContext,
): Promise<OperationResult<"backup.drill">> {
  const startedAt = performance.now();
  const restic = new Restic(dependencies, input.repository);
  await context.phase("open repository", input.repository.owner, () => openRepository(restic, context.signal));
  await prepareImages(dependencies, input, context);
  return dependencies.room.use(context, async () => {
    // In an empty room: what a drill before this one has left is no reason.
    requireMemory(input.subject, input.memoryBytes, dependencies.node.availableMemoryBytes());
    const free = await hostFiles.free(await dependencies.drills.rootDirectory());
    requireDisk(input.subject, restoredBytes(input.parts.map(({ snapshot }) => snapshot)), free);
    const { parts, stores } = await restoreParts(dependencies, restic, input, context);
    const service = input.service === null ? [] : await dependencies.room.start(input.service, context);
    const pids = [...stores, ...service].map(({ pid }) => pid);
    return {
      level: input.service === null ? "data" : "service",
      version: input.service?.version ?? null,
      parts,
      seconds: Math.round((performance.now() - startedAt) / 100) / 10,
      memoryBytes: memoryOf(dependencies.node.mounts, pids),
    };
  });
}

async function prepareImages(
  { engine, ensureImage }: DrillDependencies,
  { stores, service, needs }: Input,
  { signal }: OperationContext,
): Promise<void> {
  const containers = specsOf(stores, service).flatMap((spec) => spec.containers);
  const tools = needs.flatMap((need) => (need.kind === "database" ? [need.image] : []));
  for (const image of new Set([...containers.map((container) => container.image), ...tools])) {
    await ensureImage(image, signal);
  }
  await checkDigests(engine, containers);
}

function specsOf(stores: readonly InstanceSpec[], service: InstanceSpec | null): InstanceSpec[] {
  return service === null ? [...stores] : [...stores, service];
}

async function restoreParts(
  dependencies: DrillDependencies,
  restic: Restic,
  input: Input,
  context: OperationContext,
): Promise<{ parts: OperationResult<"backup.drill">["parts"]; stores: DrillContainer[] }> {
  const { room, drills } = dependencies;
  const { signal, progress, phase } = context;
  const stores: DrillContainer[] = [];
  for (const spec of input.stores) stores.push(...(await room.start(spec, context)));
  const addresses = new Map(stores.map(({ name, address }) => [name, address]));
  await phase("create", "needs", async () => {
    for (const need of input.needs) await meetNeed(dependencies, locateNeed(need, addresses), signal);
  });
  const parts = [];
  for (const { source, snapshot } of input.parts) {
    progress({ line: `restoring ${snapshot.name} (${snapshot.kind})` });
    const located = locateSource(source, addresses);
    if (located.kind === "volume") await drills.createVolume(located.volume);
    const part = { tools: dependencies, restic, subject: input.subject, signal };
    const proven = await phase("restore", snapshot.name, () => provePart(part, located, snapshot));
    const counts = Object.entries(proven.counts).map(([what, count]) => `${what} ${count}`);
    progress({ line: `${snapshot.name} came back: ${counts.join(", ")}` });
    parts.push(proven);
  }
  return { parts, stores };
}
