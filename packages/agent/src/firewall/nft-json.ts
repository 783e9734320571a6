/** What nft prints as JSON (libnftables-json(5)). Pure. */
import { createHash } from "node:crypto";
import * as z from "zod";

const outputSchema = z.object({ nftables: z.array(z.record(z.string(), z.json())) });
const tableSchema = z.object({ table: z.object({ name: z.string() }) });
const setSchema = z.object({ set: z.record(z.string(), z.json()) });

/** Sets, chains and rules in their order. */
export type TableContent = readonly Readonly<Record<string, z.core.util.JSONType>>[];

export function tableNames(output: string): string[] {
  return outputSchema.parse(JSON.parse(output)).nftables.flatMap((entry) => {
    const { data } = tableSchema.safeParse(entry);
    return data === undefined ? [] : [data.table.name];
  });
}

export function tableContent(output: string): TableContent {
  return outputSchema
    .parse(JSON.parse(output))
    .nftables.filter((entry) => !("metainfo" in entry))
    .map(withoutElements);
}

/** Its named sets are filled by the kernel as connections come and go: what is in them is no part of the rules. */
function withoutElements(entry: Readonly<Record<string, z.core.util.JSONType>>): TableContent[number] {
  const { data } = setSchema.safeParse(entry);
  if (data === undefined) return entry;
  const { elem: _elements, ...declaration } = data.set;
  return { set: declaration };
}

/** SHA-256 of what a table says, without the numbers that the kernel gives anew each time. */
export function digestOf(content: TableContent): string {
  const text = JSON.stringify(content, (key, value: unknown) => (key === "handle" ? undefined : value));
  return createHash("sha256").update(text).digest("hex");
}
