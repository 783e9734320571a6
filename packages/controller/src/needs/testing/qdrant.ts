/** The lab's stand-in for Qdrant on loopback, and clients of it as tenants have them. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startQdrant } from "@berth/lab/stand-ins/qdrant/start";
import { collectionsClaims } from "@berth/shared/operations/collections-claims";
import type { CollectionsNeed } from "@berth/shared/operations/collections-ensure";
import type { QdrantClient } from "@qdrant/js-client-rest";
import { signToken } from "../../secrets/token.ts";
import { openClient, type QdrantServer } from "../qdrant-client.ts";

export interface TestQdrant {
  server: QdrantServer;
  stop: () => Promise<void>;
}

export async function startTestQdrant(): Promise<TestQdrant> {
  const directory = await mkdtemp(join(tmpdir(), "berth-vectors-"));
  const apiKey = "the API key of the test's own Qdrant";
  const running = await startQdrant({
    ...{ host: "127.0.0.1", port: 0 },
    ...{ storageDirectory: join(directory, "storage"), snapshotsDirectory: join(directory, "snapshots") },
    keys: { readWrite: [apiKey], readOnly: [], signing: [apiKey] },
  });
  return {
    server: { address: "127.0.0.1", port: running.port, apiKey },
    async stop() {
      await running.stop();
      await rm(directory, { recursive: true });
    },
  };
}

/** As the planner makes it of the catalog, with vectors that are short enough to write down. */
export function needOf(instance: string, changes: Partial<CollectionsNeed> = {}): CollectionsNeed {
  const prefix = instance.replaceAll("-", "_");
  return {
    ...{ server: "shared-qdrant", instance, token: instance },
    collections: [
      { name: `${prefix}_documents`, vectorSize: 2, distance: "Cosine" },
      {
        name: `${prefix}_files`,
        vectorSize: 2,
        distance: "Cosine",
        partitionedBy: "tenant_id",
        indexes: ["metadata.hash"],
      },
    ],
    ...changes,
  };
}

export function tokenOf(need: CollectionsNeed, { apiKey }: QdrantServer): string {
  return signToken(collectionsClaims(need), apiKey);
}

/** What the instance itself may do. */
export function clientOf(need: CollectionsNeed, server: QdrantServer): QdrantClient {
  return openClient({ ...server, apiKey: tokenOf(need, server) });
}

/** Everything in a server, for comparing what it was with what it is. */
export async function contentsOf(server: QdrantServer): Promise<Record<string, unknown>> {
  const client = openClient(server);
  const { collections } = await client.getCollections();
  const told = collections.map(async ({ name }) => {
    const { config, payload_schema: indexes } = await client.getCollection(name);
    const { points } = await client.scroll(name, { limit: 1000, with_vector: true });
    return [
      name,
      { vectors: config.params.vectors, indexes, points, snapshots: await client.listSnapshots(name) },
    ] as const;
  });
  return Object.fromEntries(await Promise.all(told));
}
