/**
 * How an object stands in the tar of its bucket: `headers/BUCKET/KEY`, JSON, and right after it `objects/BUCKET/KEY`; the
 * key is escaped. `objects/BUCKET/` stands for the bucket itself. Pure.
 */
import { BerthError } from "@berth/shared/errors";
import * as z from "zod";

/** Kept of what a store answers with; everything else it makes anew. */
const keptHeaders = /^(?:content-(?:type|encoding|disposition|language)|cache-control|expires|x-amz-meta-.+)$/;

const headersSchema = z.record(z.string(), z.string());
export type ObjectHeaders = z.output<typeof headersSchema>;

type EntryKind = "headers" | "objects";

export interface ObjectEntry {
  kind: EntryKind;
  bucket: string;
  /** Empty: the bucket itself. */
  key: string;
}

/** Slashes of the key are escaped too: no key leads out of its bucket, and none is taken for a directory. */
export function entryName({ kind, bucket, key }: ObjectEntry): string {
  return `${kind}/${bucket}/${encodeURIComponent(key)}`;
}

export function parseEntryName(name: string): ObjectEntry {
  const [, kind, bucket, key] = /^(headers|objects)\/([^/]+)\/([^/]*)$/.exec(name) ?? [];
  if ((kind !== "headers" && kind !== "objects") || bucket === undefined || key === undefined) {
    throw new BerthError("backup.damaged", "A snapshot of buckets holds an entry that is no object.", {
      hint: "Restore another backup: berth backup list.",
    });
  }
  return { kind, bucket, key: decodeURIComponent(key) };
}

export function keptOf(headers: Readonly<Record<string, string | string[] | undefined>>): ObjectHeaders {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      typeof value === "string" && keptHeaders.test(name) ? [[name, value] as const] : [],
    ),
  );
}

export function parseHeaders(text: string): ObjectHeaders {
  return headersSchema.parse(JSON.parse(text));
}
