/** What registries have said of the versions that there are of an image. */
import * as z from "zod";
import { decode, encode } from "./columns.ts";
import type { Queryable } from "./database.ts";

export interface KnownTags {
  tags: string[];
  /** What each tag in use led to: `sha256:…` */
  digests: Readonly<Record<string, string>>;
  checkedAt: string;
}

const tagsSchema = z.array(z.string());
const digestsSchema = z.record(z.string(), z.string());

/** By reference without a tag. */
export async function listRegistryTags(database: Queryable): Promise<Map<string, KnownTags>> {
  const rows = await database.selectFrom("registryTags").selectAll().execute();
  return new Map(
    rows.map(({ image, tags, digests, checkedAt }) => [
      image,
      {
        tags: decode(tagsSchema, tags, `tags of ${image}`),
        digests: decode(digestsSchema, digests, `digests of ${image}`),
        checkedAt,
      },
    ]),
  );
}

export async function putRegistryTags(database: Queryable, image: string, known: KnownTags): Promise<void> {
  const columns = { tags: encode(known.tags), digests: encode(known.digests), checkedAt: known.checkedAt };
  await database
    .insertInto("registryTags")
    .values({ image, ...columns })
    .onConflict((conflict) => conflict.column("image").doUpdateSet(columns))
    .execute();
}
