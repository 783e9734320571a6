import { xmlAnswer } from "./bucket-requests.ts";
import { Refusal } from "./errors.ts";
import { hasChecksum, readText } from "./payload.ts";
import { type Answer, demandAllowed, type Request } from "./request.ts";
import type { Store } from "./store.ts";
import type { Deletion } from "./versions.ts";
import { childText, document, element, type Markup, optional, parse } from "./xml.ts";

const mostObjects = 1000;

/** An object that does not exist is deleted just as well. */
async function remove(
  store: Store,
  request: Request,
  bucket: string,
  key: string,
  versionId: string | undefined,
): Promise<Deletion> {
  const action = versionId === undefined ? "s3:DeleteObject" : "s3:DeleteObjectVersion";
  demandAllowed(store, request, { action, bucket, key });
  const deletion = store.versions.delete(store.buckets.get(bucket), key, versionId, store.now());
  await store.blobs.remove(deletion.blobs);
  return deletion;
}

export async function deleteObject(store: Store, request: Request, bucket: string, key: string): Promise<Answer> {
  const { versionId, isMarker } = await remove(store, request, bucket, key, request.query.get("versionId"));
  return {
    status: 204,
    headers: {
      ...(versionId === undefined ? {} : { "x-amz-version-id": versionId }),
      ...(isMarker ? { "x-amz-delete-marker": "true" } : {}),
    },
  };
}

/** Up to a thousand at once; each is allowed or refused by itself. */
export async function deleteObjects(store: Store, request: Request, bucket: string): Promise<Answer> {
  if (request.identity === undefined) throw new Refusal("AccessDenied");
  if (!hasChecksum(request.payloadSource)) throw new Refusal("MissingContentMD5");
  const body = parse((await readText(request.openPayload())).toString());
  const objects = body?.children.filter(({ name }) => name === "Object") ?? [];
  if (body === undefined || objects.length === 0 || objects.length > mostObjects) throw new Refusal("MalformedXML");
  const isQuiet = childText(body, "Quiet") === "true";
  const results: Markup[] = [];
  for (const object of objects) {
    const result = await removeOne(store, request, bucket, {
      key: childText(object, "Key") ?? "",
      versionId: childText(object, "VersionId"),
    });
    if (result.isRefusal || !isQuiet) results.push(result.markup);
  }
  return xmlAnswer(document("DeleteResult", results));
}

async function removeOne(
  store: Store,
  request: Request,
  bucket: string,
  { key, versionId }: { key: string; versionId: string | undefined },
): Promise<{ markup: Markup; isRefusal: boolean }> {
  try {
    const deletion = await remove(store, request, bucket, key, versionId);
    const marker = deletion.isMarker ? deletion.versionId : undefined;
    const markup = element(
      "Deleted",
      ...[element("Key", key), optional("VersionId", versionId)],
      ...(deletion.isMarker ? [element("DeleteMarker", true), optional("DeleteMarkerVersionId", marker)] : []),
    );
    return { markup, isRefusal: false };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const markup = element(
      "Error",
      ...[element("Key", key), optional("VersionId", versionId)],
      ...[element("Code", error.code), element("Message", error.message)],
    );
    return { markup, isRefusal: true };
  }
}
