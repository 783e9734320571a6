/** The stand-in as two clients see it that know nothing of it: MinIO's and AWS's. */
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsCommand,
  ListObjectVersionsCommand,
  ListPartsCommand,
  paginateListObjectsV2,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { Client } from "minio";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type RunningStore, startObjectStore } from "./start.ts";

const rootUser = "root-of-the-test";
const rootPassword = "password-of-root";
const Bucket = "bucket";
let dataDirectory: string;
let running: RunningStore;
let minio: Client;
let aws: S3Client;

async function start(): Promise<void> {
  running = await startObjectStore({
    ...{ dataDirectory, host: "127.0.0.1", port: 0, consolePort: 0 },
    ...{ rootUser, rootPassword },
  });
  const { port } = running;
  minio = new Client({
    ...{ endPoint: "127.0.0.1", port, useSSL: false, accessKey: rootUser, secretKey: rootPassword },
    partSize: 5 * 1024 ** 2,
  });
  aws = new S3Client({
    ...{ endpoint: `http://127.0.0.1:${port}`, region: "us-east-1", forcePathStyle: true, maxAttempts: 1 },
    credentials: { accessKeyId: rootUser, secretAccessKey: rootPassword },
  });
}

async function stop(): Promise<void> {
  aws.destroy();
  await running.stop();
}

beforeAll(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), "berth-object-store-"));
  await start();
});
afterAll(async () => {
  await stop();
  await rm(dataDirectory, { recursive: true });
});
beforeEach(async () => {
  if (!(await minio.bucketExists(Bucket))) await minio.makeBucket(Bucket);
  const { Versions = [], DeleteMarkers = [] } = await aws.send(new ListObjectVersionsCommand({ Bucket }));
  const Objects = [...Versions, ...DeleteMarkers].map(({ Key, VersionId }) => ({ Key, VersionId }));
  if (Objects.length > 0) await aws.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
});

/** Files of objects on the disk. */
async function files(): Promise<string[]> {
  const entries = await readdir(join(dataDirectory, "blobs"), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

describe("objects", () => {
  test("come back as they went in, with what was said of them", async () => {
    const content = randomBytes(300_000);
    const metadata = { "Content-Type": "image/png", "x-amz-meta-owner": "user1" };
    const { etag } = await minio.putObject(Bucket, "picture", content, content.length, metadata);
    expect(etag).toBe(createHash("md5").update(content).digest("hex"));
    const { Body, ContentType, Metadata, ETag } = await aws.send(new GetObjectCommand({ Bucket, Key: "picture" }));
    expect(Buffer.from((await Body?.transformToByteArray()) ?? []).equals(content)).toBe(true);
    expect({ ContentType, Metadata, ETag }).toEqual({
      ...{ ContentType: "image/png", Metadata: { owner: "user1" }, ETag: `"${etag}"` },
    });
    expect(
      (await buffer(await minio.getPartialObject(Bucket, "picture", 1000, 10))).equals(content.subarray(1000, 1010)),
    ).toBe(true);
  });

  test.each(["a/../b", "..", "/leading", "trailing/", "a//b", "é ü 中 🙂", "a+b c&d=e?f#g%h", `"<'>\\`, "~!*()"])(
    "may be called %j",
    async (Key) => {
      await aws.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
      const { Body } = await aws.send(new GetObjectCommand({ Bucket, Key }));
      expect(await Body?.transformToString()).toBe(Key);
      const { Contents } = await aws.send(new ListObjectsCommand({ Bucket, EncodingType: "url" }));
      expect(Contents?.map(({ Key: listed }) => decodeURIComponent(listed ?? ""))).toEqual([Key]);
    },
  );

  test("are streamed with their checksum at the end, as AWS's client does with what it cannot read twice", async () => {
    const Body = Readable.from([Buffer.alloc(70_000, 1), Buffer.alloc(70_000, 2)]);
    await aws.send(new PutObjectCommand({ Bucket, Key: "streamed", Body, ContentLength: 140_000 }));
    const head = await aws.send(new HeadObjectCommand({ Bucket, Key: "streamed" }));
    expect(head).toMatchObject({ ContentLength: 140_000 });
    expect(head.ContentEncoding).toBeUndefined();
  });

  test.each([
    ["BadDigest", { ContentMD5: createHash("md5").update("other").digest("base64") }],
    ["BadDigest", { ChecksumCRC32: "AAAAAA==" }],
    ["BadDigest", { ChecksumSHA256: createHash("sha256").update("other").digest("base64") }],
  ])("are refused as %s when %j is not theirs, and leave nothing behind", async (name, checksum) => {
    const put = new PutObjectCommand({ Bucket, Key: "damaged", Body: "content", ...checksum });
    await expect(aws.send(put)).rejects.toMatchObject({ name });
    await expect(minio.statObject(Bucket, "damaged")).rejects.toMatchObject({ code: "NotFound" });
    expect(await files()).toEqual([]);
  });

  test("are written on a condition, and read on one", async () => {
    const put = { Bucket, Key: "once", Body: "content" };
    const { ETag = "" } = await aws.send(new PutObjectCommand({ ...put, IfNoneMatch: "*" }));
    const failed = { name: "PreconditionFailed" };
    await expect(aws.send(new PutObjectCommand({ ...put, IfNoneMatch: "*" }))).rejects.toMatchObject(failed);
    await expect(aws.send(new PutObjectCommand({ ...put, IfMatch: `"other"` }))).rejects.toMatchObject(failed);
    await aws.send(new PutObjectCommand({ ...put, IfMatch: ETag }));
    const get = { Bucket, Key: "once" };
    await expect(aws.send(new GetObjectCommand({ ...get, IfNoneMatch: ETag }))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 304 },
    });
    await expect(aws.send(new GetObjectCommand({ ...get, IfMatch: `"other"` }))).rejects.toMatchObject(failed);
  });

  test("are copied, with new metadata if told so", async () => {
    await aws.send(new PutObjectCommand({ Bucket, Key: "a b", Body: "content", Metadata: { one: "1" } }));
    await aws.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource: `${Bucket}/a%20b` }));
    const replaced = { MetadataDirective: "REPLACE" as const, Metadata: { two: "2" } };
    await aws.send(new CopyObjectCommand({ Bucket, Key: "other", CopySource: `${Bucket}/a%20b`, ...replaced }));
    await minio.removeObject(Bucket, "a b");
    expect(await minio.statObject(Bucket, "copy")).toMatchObject({ size: 7, metaData: { one: "1" } });
    expect(await minio.statObject(Bucket, "other")).toMatchObject({ size: 7, metaData: { two: "2" } });
  });

  test("that are missing are told apart from missing buckets", async () => {
    await expect(aws.send(new GetObjectCommand({ Bucket, Key: "no" }))).rejects.toMatchObject({ name: "NoSuchKey" });
    const elsewhere = new GetObjectCommand({ Bucket: "no-bucket", Key: "no" });
    await expect(aws.send(elsewhere)).rejects.toMatchObject({ name: "NoSuchBucket" });
    await expect(minio.removeBucket("no-bucket")).rejects.toMatchObject({ code: "NoSuchBucket" });
    await expect(minio.makeBucket(Bucket)).rejects.toMatchObject({ code: "BucketAlreadyOwnedByYou" });
  });
});

describe("uploads in parts", () => {
  test("by MinIO's client, from a stream of unknown length", async () => {
    const content = randomBytes(12 * 1024 ** 2);
    await minio.putObject(
      Bucket,
      "large",
      Readable.from([content.subarray(0, 7_000_000), content.subarray(7_000_000)]),
    );
    expect((await buffer(await minio.getObject(Bucket, "large"))).equals(content)).toBe(true);
    const across = await buffer(await minio.getPartialObject(Bucket, "large", 5 * 1024 ** 2 - 5, 10));
    expect(across.equals(content.subarray(5 * 1024 ** 2 - 5, 5 * 1024 ** 2 + 5))).toBe(true);
    expect((await minio.statObject(Bucket, "large")).etag).toMatch(/^[0-9a-f]{32}-\d+$/);
  });

  test("by AWS's client, with a part that is a copy; what is not named is dropped", async () => {
    const target = { Bucket, Key: "parts" };
    await aws.send(new PutObjectCommand({ Bucket, Key: "source", Body: "0123456789" }));
    const { UploadId = "" } = await aws.send(new CreateMultipartUploadCommand(target));
    const part = (PartNumber: number) => ({ ...target, UploadId, PartNumber });
    const big = Buffer.alloc(5 * 1024 ** 2, 1);
    const { ETag: first } = await aws.send(new UploadPartCommand({ ...part(1), Body: big }));
    const range = { CopySource: `${Bucket}/source`, CopySourceRange: "bytes=2-4" };
    const { CopyPartResult } = await aws.send(new UploadPartCopyCommand({ ...part(2), ...range }));
    await aws.send(new UploadPartCommand({ ...part(3), Body: "dropped" }));
    expect((await aws.send(new ListPartsCommand({ ...target, UploadId }))).Parts).toHaveLength(3);
    const complete = (Parts: { PartNumber: number; ETag: string | undefined }[]) =>
      aws.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts } }));
    const [one, two] = [
      { PartNumber: 1, ETag: first },
      { PartNumber: 2, ETag: CopyPartResult?.ETag },
    ] as const;
    await expect(complete([two, one])).rejects.toMatchObject({ name: "InvalidPartOrder" });
    await expect(complete([{ ...one, ETag: `"other"` }])).rejects.toMatchObject({ name: "InvalidPart" });
    await expect(
      complete([two, { PartNumber: 3, ETag: `"${createHash("md5").update("dropped").digest("hex")}"` }]),
    ).rejects.toMatchObject({ name: "EntityTooSmall" });
    await complete([one, two]);
    const { Body } = await aws.send(new GetObjectCommand({ ...target, Range: "bytes=-4" }));
    expect([...((await Body?.transformToByteArray()) ?? [])]).toEqual([1, ...Buffer.from("234")]);
    await expect(complete([one, two])).rejects.toMatchObject({ name: "NoSuchUpload" });
    expect(await files()).toHaveLength(3);
  });

  test("that are aborted leave nothing", async () => {
    const UploadId = await minio.initiateNewMultipartUpload(Bucket, "unfinished", {});
    await aws.send(new UploadPartCommand({ Bucket, Key: "unfinished", UploadId, PartNumber: 1, Body: "part" }));
    const seen: unknown[] = [];
    for await (const { key, uploadId } of minio.listIncompleteUploads(Bucket, "", true)) seen.push([key, uploadId]);
    expect(seen).toEqual([["unfinished", UploadId]]);
    await minio.removeIncompleteUpload(Bucket, "unfinished");
    expect(await files()).toEqual([]);
  });
});

test("listings have pages, prefixes and both forms", async () => {
  const names = ["a", "b/1", "b/2", "b/c/3", "d", "e/4", "f"];
  for (const name of names) await minio.putObject(Bucket, name, name);
  const seen: unknown[] = [];
  const pages = paginateListObjectsV2({ client: aws, pageSize: 2 }, { Bucket, Delimiter: "/" });
  for await (const { Contents = [], CommonPrefixes = [], KeyCount } of pages) {
    seen.push([...Contents.map(({ Key }) => Key), ...CommonPrefixes.map(({ Prefix }) => Prefix), KeyCount]);
  }
  expect(seen).toEqual([
    ["a", "b/", 2],
    ["d", "e/", 2],
    ["f", 1],
  ]);
  const first = await aws.send(new ListObjectsCommand({ Bucket, Delimiter: "/", Prefix: "b/", MaxKeys: 2 }));
  expect(first).toMatchObject({ IsTruncated: true, NextMarker: "b/2", Contents: [{ Key: "b/1" }, { Key: "b/2" }] });
  const second = new ListObjectsCommand({ Bucket, Delimiter: "/", Prefix: "b/", Marker: "b/2" });
  expect(await aws.send(second)).toMatchObject({ IsTruncated: false, CommonPrefixes: [{ Prefix: "b/c/" }] });
  const all: unknown[] = [];
  for await (const { name } of minio.listObjectsV2(Bucket, "", true)) all.push(name);
  expect(all).toEqual(names);
});

describe("versions", () => {
  const Key = "document";
  const put = async (Body: string) => (await aws.send(new PutObjectCommand({ Bucket, Key, Body }))).VersionId;
  const read = async (VersionId?: string) =>
    (await aws.send(new GetObjectCommand({ Bucket, Key, VersionId }))).Body?.transformToString();

  test("are kept from when they are wanted on, and a deletion is one of them", async () => {
    expect(await put("before")).toBeUndefined();
    const Status = "Enabled";
    await aws.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
    const [one, two] = [await put("one"), await put("two")];
    expect([await read(), await read(one), await read("null")]).toEqual(["two", "one", "before"]);
    await minio.removeObject(Bucket, Key);
    await expect(read()).rejects.toMatchObject({ name: "NoSuchKey" });
    await expect(minio.removeBucket(Bucket)).rejects.toMatchObject({ code: "BucketNotEmpty" });
    const list = new ListObjectVersionsCommand({ Bucket, MaxKeys: 3 });
    const { Versions, DeleteMarkers, NextKeyMarker, NextVersionIdMarker } = await aws.send(list);
    expect(Versions?.map(({ VersionId, IsLatest }) => [VersionId, IsLatest])).toEqual([
      [two, false],
      [one, false],
    ]);
    expect(DeleteMarkers).toHaveLength(1);
    const rest = { Bucket, KeyMarker: NextKeyMarker, VersionIdMarker: NextVersionIdMarker };
    expect((await aws.send(new ListObjectVersionsCommand(rest))).Versions).toMatchObject([{ VersionId: "null" }]);
    await aws.send(new DeleteObjectCommand({ Bucket, Key, VersionId: DeleteMarkers?.[0]?.VersionId }));
    expect(await read()).toBe("two");
    await minio.removeObject(Bucket, Key, { versionId: two ?? "" });
    expect(await read()).toBe("one");
  });
});

test("a restart keeps objects, uploads and users, and sweeps what nothing refers to", async () => {
  await minio.putObject(Bucket, "kept", "content");
  const uploadId = await minio.initiateNewMultipartUpload(Bucket, "unfinished", {});
  const [kept = ""] = await files();
  await writeFile(join(dataDirectory, "blobs", kept.slice(0, 2), `${kept.slice(0, 2)}-of-a-killed-process`), "half");
  await stop();
  await start();
  expect((await buffer(await minio.getObject(Bucket, "kept"))).toString()).toBe("content");
  expect(await files()).toEqual([kept]);
  await minio.abortMultipartUpload(Bucket, "unfinished", uploadId);
});

test.each(["live", "ready", "cluster"])("answers that it is healthy without a key: %s", async (name) => {
  expect((await fetch(`http://127.0.0.1:${running.port}/minio/health/${name}`)).status).toBe(200);
});

test("has a page in the console's place that says what it is", async () => {
  const response = await fetch(`http://127.0.0.1:${running.consolePort}/`);
  expect([response.headers.get("content-type"), await response.text()]).toEqual([
    "text/html; charset=utf-8",
    expect.stringContaining("MinIO (stand-in)"),
  ]);
});
