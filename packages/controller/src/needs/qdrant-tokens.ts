/**
 * The collection in which Qdrant looks up whether a token is still admitted: a point for each. The points also say whose
 * the collections are.
 */
import { createHash } from "node:crypto";
import type { CollectionsNeed } from "@berth/shared/operations/collections-ensure";
import { tokenKey, tokensCollection } from "@berth/shared/operations/collections-claims";
import type { QdrantClient, Schemas } from "@qdrant/js-client-rest";
import * as z from "zod";
import { refusalStatus } from "./qdrant-client.ts";

const pageSize = 1000;

const admittedSchema = z.object({
  [tokenKey]: z.string(),
  instance: z.string(),
  collections: z.array(z.string()),
});

/** Whom a token was admitted for, and to what. */
export type Admitted = z.output<typeof admittedSchema>;

/** Lets the instance's token in. Idempotent. */
export async function admitToken(
  client: QdrantClient,
  { token, instance, collections }: CollectionsNeed,
): Promise<void> {
  await ensureTokensCollection(client);
  const payload: Admitted = { token, instance, collections: collections.map(({ name }) => name) };
  await client.upsert(tokensCollection, { wait: true, points: [{ id: pointId(token), vector: {}, payload }] });
}

/** Shuts out every token of the instance; a request with one is refused from then on. Idempotent. */
export async function withdrawTokens(
  client: QdrantClient,
  { token, instance }: Pick<CollectionsNeed, "token" | "instance">,
): Promise<void> {
  await deletePoints(client, { should: [hasToken(token), isOf(instance)] });
}

async function deletePoints(client: QdrantClient, filter: Schemas["Filter"]): Promise<void> {
  try {
    await client.delete(tokensCollection, { wait: true, filter });
  } catch (error) {
    if (refusalStatus(error) !== 404) throw error;
  }
}

function hasToken(token: string): Schemas["Condition"] {
  return { key: tokenKey, match: { value: token } };
}

function isOf(instance: string): Schemas["Condition"] {
  return { key: "instance", match: { value: instance } };
}

/** Everybody who is admitted; points that Berth did not make are left out. */
export async function admittedTokens(client: QdrantClient): Promise<Admitted[]> {
  const admitted: Admitted[] = [];
  let offset: Awaited<ReturnType<QdrantClient["scroll"]>>["next_page_offset"];
  try {
    do {
      const page = await client.scroll(tokensCollection, {
        limit: pageSize,
        ...(offset === undefined ? {} : { offset }),
      });
      for (const { payload } of page.points) {
        const parsed = admittedSchema.safeParse(payload);
        if (parsed.success) admitted.push(parsed.data);
      }
      offset = page.next_page_offset;
    } while (offset !== undefined && offset !== null);
  } catch (error) {
    if (refusalStatus(error) !== 404) throw error;
  }
  return admitted;
}

/** No vectors: points with a payload alone. Indexed, since each request that comes with a token looks here. */
async function ensureTokensCollection(client: QdrantClient): Promise<void> {
  const { exists } = await client.collectionExists(tokensCollection);
  if (!exists) await createUnlessThere(client, tokensCollection, {});
  for (const field_name of [tokenKey, "instance"]) {
    await client.createPayloadIndex(tokensCollection, { field_name, field_schema: "keyword", wait: true });
  }
}

/** Another run may make the same collection at the same moment: the two are content with one. */
export async function createUnlessThere(
  client: QdrantClient,
  name: string,
  settings: Parameters<QdrantClient["createCollection"]>[1],
): Promise<void> {
  try {
    await client.createCollection(name, settings);
  } catch (error) {
    if (refusalStatus(error) !== 409) throw error;
  }
}

/** Always the same for a token, so that admitting it twice makes one point: a UUID of version 8 (RFC 9562). */
function pointId(token: string): string {
  const digest = createHash("sha256").update(token).digest("hex");
  return [
    digest.slice(0, 8),
    digest.slice(8, 12),
    `8${digest.slice(13, 16)}`,
    `8${digest.slice(17, 20)}`,
    digest.slice(20, 32),
  ].join("-");
}
