import type { ByteRange, StoredBlob } from "./blobs.ts";
import { isoTime, xmlAnswer } from "./bucket-requests.ts";
import { Refusal } from "./errors.ts";
import { type Answer, demandAllowed, type Request } from "./request.ts";
import { decodePath } from "./signature.ts";
import type { Store } from "./store.ts";
import type { NewVersion, Version } from "./versions.ts";
import { document, element } from "./xml.ts";

/** Headers that are kept with an object, beside x-amz-meta-*. */
const keptHeaders = ["cache-control", "content-disposition", "content-encoding", "content-language", "content-type"];
const largestObject = 5 * 1024 ** 4;

/** What the request wants kept with the object. */
export function headersToKeep({ header, headerNames }: Request): Record<string, string> {
  const names = headerNames.filter((name) => keptHeaders.includes(name) || name.startsWith("x-amz-meta-"));
  const headers = Object.fromEntries(names.map((name) => [name, header(name) ?? ""]));
  // The framing of the request's body, not the object's encoding.
  const encoding = (headers["content-encoding"] ?? "").replace(/^aws-chunked,?\s*/, "");
  const { "content-encoding": _, ...others } = headers;
  return {
    "content-type": "binary/octet-stream",
    ...others,
    ...(encoding === "" ? {} : { "content-encoding": encoding }),
  };
}

export function versionHeader(id: string): Record<string, string> {
  return id === "null" ? {} : { "x-amz-version-id": id };
}

export async function putObject(store: Store, request: Request, bucketName: string, key: string): Promise<Answer> {
  demandAllowed(store, request, { action: "s3:PutObject", bucket: bucketName, key });
  const bucket = store.buckets.get(bucketName);
  const payload = request.openPayload();
  if (payload.size > largestObject) throw new Refusal("EntityTooLarge");
  demandWritePreconditions(store, request, bucketName, key);
  store.buckets.demandRoom(bucket, payload.size);
  const { md5: etag, ...blob } = await store.blobs.write(payload.data);
  const version = {
    key,
    blobs: [blob],
    size: blob.size,
    etag,
    modifiedAt: store.now(),
    headers: headersToKeep(request),
  };
  const id = await keep(store, request, bucketName, version);
  const checksums = request.headerNames.filter((name) => /^x-amz-checksum-(crc32c?|sha1|sha256)$/.test(name));
  return {
    status: 200,
    headers: {
      etag: `"${etag}"`,
      ...versionHeader(id),
      ...Object.fromEntries(checksums.map((name) => [name, request.header(name) ?? ""])),
    },
  };
}

/** Puts the version on top; if that is refused after all, its files go. Gives the version's id. */
export async function keep(store: Store, request: Request, bucketName: string, version: NewVersion): Promise<string> {
  try {
    // Others may have written meanwhile.
    demandWritePreconditions(store, request, bucketName, version.key);
    const { id, replaced } = store.versions.put(store.buckets.get(bucketName), version);
    await store.blobs.remove(replaced);
    return id;
  } catch (error) {
    await store.blobs.remove(version.blobs);
    throw error;
  }
}

function demandWritePreconditions(store: Store, { header }: Request, bucket: string, key: string): void {
  const present = store.versions.find(bucket, key);
  const etag = present === undefined || present.isMarker ? undefined : present.etag;
  const isUnwanted = header("if-none-match") !== undefined && matchesEtag(header("if-none-match"), etag);
  const isAnother = header("if-match") !== undefined && !matchesEtag(header("if-match"), etag);
  if (isUnwanted || isAnother) throw new Refusal("PreconditionFailed");
}

function matchesEtag(list: string | undefined, etag: string | undefined): boolean {
  if (list === undefined || etag === undefined) return false;
  return list.split(",").some((one) => ["*", etag].includes(one.trim().replaceAll('"', "")));
}

/** HEAD as well: the server leaves the body out. */
export function getObject(store: Store, request: Request, bucket: string, key: string): Answer {
  const { header, query } = request;
  const id = query.get("versionId");
  demandAllowed(store, request, { action: id === undefined ? "s3:GetObject" : "s3:GetObjectVersion", bucket, key });
  store.buckets.get(bucket);
  const version = store.versions.get(bucket, key, id);
  const { etag, size, modifiedAt } = version;
  const headers = {
    ...version.headers,
    ...responseOverrides(request),
    "accept-ranges": "bytes",
    etag: `"${etag}"`,
    "last-modified": new Date(modifiedAt).toUTCString(),
    ...versionHeader(version.id),
  };
  const precondition = readPrecondition(request, version);
  if (precondition === 412) throw new Refusal("PreconditionFailed");
  if (precondition === 304) return { status: 304, headers };
  const range = readRange(header("range"), size);
  const length = range.end - range.start + 1;
  return {
    status: range.isPart ? 206 : 200,
    headers: {
      ...headers,
      "content-length": String(length),
      ...(range.isPart ? { "content-range": `bytes ${range.start}-${range.end}/${size}` } : {}),
    },
    ...(request.method === "HEAD" || length === 0 ? {} : { body: store.blobs.read(version.blobs, range) }),
  };
}

/** Whoever signs a link may say how the answer calls itself; an anonymous reader may not. */
function responseOverrides({ query, identity }: Request): Record<string, string> {
  if (identity === undefined) return {};
  const overrides = keptHeaders.map((name) => [name, query.get(`response-${name}`)] as const);
  return Object.fromEntries(overrides.filter((pair): pair is [string, string] => pair[1] !== undefined));
}

function readPrecondition({ header }: Request, { etag, modifiedAt }: Version): 200 | 304 | 412 {
  const [match, noneMatch] = [header("if-match"), header("if-none-match")];
  const since = Date.parse(header("if-modified-since") ?? "");
  const until = Date.parse(header("if-unmodified-since") ?? "");
  if (match === undefined ? modifiedAt > until : !matchesEtag(match, etag)) return 412;
  return (noneMatch === undefined ? modifiedAt <= since : matchesEtag(noneMatch, etag)) ? 304 : 200;
}

function readRange(value: string | undefined, size: number): ByteRange & { isPart: boolean } {
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(value ?? "") ?? [];
  if (first === "" && last === "") return { start: 0, end: size - 1, isPart: false };
  const start = first === "" ? Math.max(size - Number(last), 0) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (start > end) throw new Refusal("InvalidRange");
  return { start, end, isPart: true };
}

/** The object that a copy is made of, if it may be read. */
export function readCopySource(store: Store, request: Request): Version {
  const [path = "", search = ""] = (request.header("x-amz-copy-source") ?? "").split("?");
  const [bucket = "", ...rest] = decodePath(path).replace(/^\//, "").split("/");
  const key = rest.join("/");
  const id = new URLSearchParams(search).get("versionId") ?? undefined;
  if (bucket === "" || key === "") throw new Refusal("InvalidArgument", "Copy Source must mention the bucket and key");
  demandAllowed(store, request, { action: id === undefined ? "s3:GetObject" : "s3:GetObjectVersion", bucket, key });
  store.buckets.get(bucket);
  return store.versions.get(bucket, key, id);
}

export async function copyObject(store: Store, request: Request, bucketName: string, key: string): Promise<Answer> {
  demandAllowed(store, request, { action: "s3:PutObject", bucket: bucketName, key });
  const source = readCopySource(store, request);
  const bucket = store.buckets.get(bucketName);
  const isReplaced = request.header("x-amz-metadata-directive") === "REPLACE";
  if (source.bucket === bucketName && source.key === key && !isReplaced && bucket.versioning === "") {
    throw new Refusal("InvalidRequest", "An object cannot be copied to itself without changing anything.");
  }
  store.buckets.demandRoom(bucket, source.size);
  const headers = isReplaced ? headersToKeep(request) : source.headers;
  const blobs = await copyAll(store, source.blobs);
  const { size, etag } = source;
  const id = await keep(store, request, bucketName, { key, blobs, size, etag, modifiedAt: store.now(), headers });
  const result = document(
    "CopyObjectResult",
    ...[element("LastModified", isoTime(store.now())), element("ETag", `"${etag}"`)],
  );
  const answer = xmlAnswer(result);
  return { ...answer, headers: { ...answer.headers, ...versionHeader(id) } };
}

async function copyAll(store: Store, blobs: readonly StoredBlob[]): Promise<StoredBlob[]> {
  const copies: StoredBlob[] = [];
  for (const blob of blobs) copies.push(await store.blobs.copy(blob));
  return copies;
}
