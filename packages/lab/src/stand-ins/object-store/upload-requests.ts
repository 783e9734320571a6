import { isoTime, xmlAnswer } from "./bucket-requests.ts";
import { Refusal } from "./errors.ts";
import { headersToKeep, keep, readCopySource, versionHeader } from "./object-requests.ts";
import { readText } from "./payload.ts";
import { type Answer, demandAllowed, type Request } from "./request.ts";
import type { Store } from "./store.ts";
import type { NamedPart, Upload } from "./uploads.ts";
import { childText, document, element, parse } from "./xml.ts";

const mostParts = 10_000;
const largestPart = 5 * 1024 ** 3;

export function beginUpload(store: Store, request: Request, bucket: string, key: string): Answer {
  demandAllowed(store, request, { action: "s3:PutObject", bucket, key });
  store.buckets.get(bucket);
  const id = store.uploads.begin(bucket, key, headersToKeep(request), store.now());
  return xmlAnswer(
    document(
      "InitiateMultipartUploadResult",
      ...[element("Bucket", bucket), element("Key", key), element("UploadId", id)],
    ),
  );
}

function findUpload(store: Store, { query }: Request, bucket: string, key: string): Upload {
  store.buckets.get(bucket);
  return store.uploads.get(bucket, key, query.get("uploadId") ?? "");
}

/** From the request's body, or copied from an object. */
export async function putPart(store: Store, request: Request, bucket: string, key: string): Promise<Answer> {
  demandAllowed(store, request, { action: "s3:PutObject", bucket, key });
  const upload = findUpload(store, request, bucket, key);
  const number = Number(request.query.get("partNumber"));
  if (!Number.isInteger(number) || number < 1 || number > mostParts) throw new Refusal("InvalidArgument");
  const isCopy = request.header("x-amz-copy-source") !== undefined;
  const { size, data } = isCopy ? openCopy(store, request) : request.openPayload();
  if (size > largestPart) throw new Refusal("EntityTooLarge");
  store.buckets.demandRoom(store.buckets.get(bucket), size);
  const blob = await store.blobs.write(data);
  try {
    const replaced = store.uploads.putPart(upload, number, blob, store.now());
    if (replaced !== undefined) await store.blobs.remove([replaced]);
  } catch (error) {
    await store.blobs.remove([blob]);
    throw error;
  }
  const etag = `"${blob.md5}"`;
  if (!isCopy) return { status: 200, headers: { etag } };
  const modified = element("LastModified", isoTime(store.now()));
  return xmlAnswer(document("CopyPartResult", modified, element("ETag", etag)));
}

function openCopy(store: Store, request: Request): { size: number; data: AsyncIterable<Buffer> } {
  const { blobs, size } = readCopySource(store, request);
  const given = request.header("x-amz-copy-source-range");
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(given ?? `bytes=0-${size - 1}`) ?? [];
  const [start, end] = [Number(first), Number(last)];
  if (!(start <= end && end < size)) throw new Refusal("InvalidRange");
  return { size: end - start + 1, data: store.blobs.read(blobs, { start, end }) };
}

export async function completeUpload(store: Store, request: Request, bucket: string, key: string): Promise<Answer> {
  demandAllowed(store, request, { action: "s3:PutObject", bucket, key });
  const named = readParts((await readText(request.openPayload())).toString());
  const upload = findUpload(store, request, bucket, key);
  const { blobs, size, etag, unused } = store.uploads.assemble(upload, named);
  // From here on its files belong to the object. Without the object they would be nobody's, and swept at the next start.
  store.uploads.forget(upload.id);
  const version = { key, blobs, size, etag, modifiedAt: store.now(), headers: upload.headers };
  const id = await keep(store, request, bucket, version);
  await store.blobs.remove(unused);
  const answer = xmlAnswer(
    document(
      "CompleteMultipartUploadResult",
      ...[element("Location", `/${bucket}/${key}`), element("Bucket", bucket), element("Key", key)],
      element("ETag", `"${etag}"`),
    ),
  );
  return { ...answer, headers: { ...answer.headers, ...versionHeader(id) } };
}

function readParts(text: string): NamedPart[] {
  const body = parse(text);
  if (body?.name !== "CompleteMultipartUpload") throw new Refusal("MalformedXML");
  return body.children
    .filter(({ name }) => name === "Part")
    .map((part) => ({ number: Number(childText(part, "PartNumber")), etag: childText(part, "ETag") ?? "" }));
}

export async function abortUpload(store: Store, request: Request, bucket: string, key: string): Promise<Answer> {
  demandAllowed(store, request, { action: "s3:AbortMultipartUpload", bucket, key });
  const { id } = findUpload(store, request, bucket, key);
  const parts = store.uploads.parts(id);
  store.uploads.forget(id);
  await store.blobs.remove(parts.map(({ blob }) => blob));
  return { status: 204 };
}

export function listParts(store: Store, request: Request, bucket: string, key: string): Answer {
  demandAllowed(store, request, { action: "s3:ListMultipartUploadParts", bucket, key });
  const upload = findUpload(store, request, bucket, key);
  const most = Math.min(Number(request.query.get("max-parts") ?? 1000), 1000);
  const marker = Number(request.query.get("part-number-marker") ?? 0);
  const parts = store.uploads.parts(upload.id).filter(({ number }) => number > marker);
  const page = parts.slice(0, most);
  return xmlAnswer(
    document(
      "ListPartsResult",
      ...[element("Bucket", bucket), element("Key", key), element("UploadId", upload.id), element("MaxParts", most)],
      ...[element("PartNumberMarker", marker), element("NextPartNumberMarker", page.at(-1)?.number ?? 0)],
      element("IsTruncated", parts.length > page.length),
      ...page.map(({ number, etag, size, modifiedAt }) =>
        element(
          "Part",
          ...[element("PartNumber", number), element("LastModified", isoTime(modifiedAt))],
          ...[element("ETag", `"${etag}"`), element("Size", size)],
        ),
      ),
    ),
  );
}
