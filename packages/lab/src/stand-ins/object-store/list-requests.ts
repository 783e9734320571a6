import { isoTime, xmlAnswer } from "./bucket-requests.ts";
import { Refusal } from "./errors.ts";
import type { PageOptions } from "./listing.ts";
import { type Answer, demandAllowed, type Request } from "./request.ts";
import type { Store } from "./store.ts";
import type { Upload } from "./uploads.ts";
import type { Version } from "./versions.ts";
import { document, element, type Markup, optional } from "./xml.ts";

const largestPage = 1000;

/** Parameters that every listing has, and how its answer writes keys. */
interface Listing extends PageOptions {
  /** As the client wants keys: percent-encoded, or as they are. */
  encode: (key: string) => string;
  /** Parameters that are given back. */
  echo: Markup[];
}

function readListing({ query }: Request, limitName: string): Listing {
  const limit = Number(query.get(limitName) ?? largestPage);
  if (!Number.isInteger(limit) || limit < 0) throw new Refusal("InvalidArgument");
  const encoding = query.get("encoding-type");
  if (encoding !== undefined && encoding !== "url") throw new Refusal("InvalidArgument");
  const encode = encoding === "url" ? encodeKey : (key: string) => key;
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const most = Math.min(limit, largestPage);
  const limitElement = limitName === "max-uploads" ? "MaxUploads" : "MaxKeys";
  return {
    prefix,
    delimiter,
    most,
    encode,
    echo: [
      element("Prefix", encode(prefix)),
      optional("Delimiter", delimiter === "" ? undefined : encode(delimiter)),
      element(limitElement, most),
      optional("EncodingType", encoding),
    ],
  };
}

function encodeKey(key: string): string {
  return encodeURIComponent(key).replaceAll("%2F", "/");
}

function commonPrefixes(prefixes: readonly string[], { encode }: Listing): Markup[] {
  return prefixes.map((prefix) => element("CommonPrefixes", element("Prefix", encode(prefix))));
}

/** Both versions of S3's listing: they differ in how the next page is asked for. */
export function listObjects(store: Store, request: Request, bucket: string): Answer {
  demandAllowed(store, request, { action: "s3:ListBucket", bucket });
  store.buckets.get(bucket);
  const { query } = request;
  const listing = readListing(request, "max-keys");
  const isSecond = query.get("list-type") === "2";
  const token = query.get("continuation-token");
  const start = isSecond ? query.get("start-after") : query.get("marker");
  const marker = token === undefined ? (start ?? "") : Buffer.from(token, "base64url").toString();
  const page = store.versions.listObjects(bucket, marker, listing);
  const next = page.isTruncated ? page.last : undefined;
  const paging = isSecond
    ? [
        element("KeyCount", page.entries.length + page.prefixes.length),
        optional("StartAfter", start),
        optional("ContinuationToken", token),
        optional("NextContinuationToken", next === undefined ? undefined : Buffer.from(next).toString("base64url")),
      ]
    : [
        element("Marker", listing.encode(marker)),
        optional("NextMarker", next === undefined ? undefined : listing.encode(next)),
      ];
  const contents = page.entries.map((version) => element("Contents", ...describe(version, listing)));
  return xmlAnswer(
    document(
      "ListBucketResult",
      ...[element("Name", bucket), ...listing.echo, element("IsTruncated", page.isTruncated), ...paging],
      ...[...contents, ...commonPrefixes(page.prefixes, listing)],
    ),
  );
}

function describe({ key, modifiedAt, etag, size }: Version, { encode }: Listing): Markup[] {
  return [
    element("Key", encode(key)),
    element("LastModified", isoTime(modifiedAt)),
    element("ETag", `"${etag}"`),
    element("Size", size),
    element("StorageClass", "STANDARD"),
  ];
}

export function listVersions(store: Store, request: Request, bucket: string): Answer {
  demandAllowed(store, request, { action: "s3:ListBucketVersions", bucket });
  store.buckets.get(bucket);
  const listing = readListing(request, "max-keys");
  const marker = {
    key: request.query.get("key-marker") ?? "",
    id: request.query.get("version-id-marker") ?? "",
  };
  const page = store.versions.listVersions(bucket, marker, listing);
  const last = page.isTruncated ? page.entries.at(-1) : undefined;
  const entries = page.entries.map((version) => {
    const { key, modifiedAt, id, isLatest, isMarker } = version;
    const common = [element("VersionId", id), element("IsLatest", isLatest)];
    return isMarker
      ? element(
          "DeleteMarker",
          ...[element("Key", listing.encode(key)), element("LastModified", isoTime(modifiedAt)), ...common],
        )
      : element("Version", ...describe(version, listing), ...common);
  });
  return xmlAnswer(
    document(
      "ListVersionsResult",
      ...[element("Name", bucket), ...listing.echo, element("IsTruncated", page.isTruncated)],
      element("KeyMarker", listing.encode(marker.key)),
      element("VersionIdMarker", marker.id),
      optional("NextKeyMarker", page.isTruncated ? listing.encode(page.last ?? "") : undefined),
      // A page that ends with a common prefix goes on behind all of it.
      optional("NextVersionIdMarker", last?.key === page.last ? last?.id : undefined),
      ...[...entries, ...commonPrefixes(page.prefixes, listing)],
    ),
  );
}

export function listUploads(store: Store, request: Request, bucket: string): Answer {
  demandAllowed(store, request, { action: "s3:ListBucketMultipartUploads", bucket });
  store.buckets.get(bucket);
  const listing = readListing(request, "max-uploads");
  const marker = {
    key: request.query.get("key-marker") ?? "",
    id: request.query.get("upload-id-marker") ?? "",
  };
  const page = store.uploads.list(bucket, marker, listing);
  const last = page.isTruncated ? page.entries.at(-1) : undefined;
  return xmlAnswer(
    document(
      "ListMultipartUploadsResult",
      ...[element("Bucket", bucket), ...listing.echo, element("IsTruncated", page.isTruncated)],
      element("KeyMarker", listing.encode(marker.key)),
      element("UploadIdMarker", marker.id),
      optional("NextKeyMarker", page.isTruncated ? listing.encode(page.last ?? "") : undefined),
      optional("NextUploadIdMarker", last?.key === page.last ? last?.id : undefined),
      ...page.entries.map((upload) => describeUpload(upload, listing)),
      ...commonPrefixes(page.prefixes, listing),
    ),
  );
}

function describeUpload({ key, id, startedAt }: Upload, { encode }: Listing): Markup {
  return element(
    "Upload",
    ...[element("Key", encode(key)), element("UploadId", id), element("Initiated", isoTime(startedAt))],
    element("StorageClass", "STANDARD"),
  );
}
