/** Against the lab's stand-in: what is made, seen, mended and removed, whatever came before or between. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { BucketsNeed } from "@berth/shared/operations/buckets-ensure";
import { Client } from "minio";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { StoreAdmin } from "./minio-admin.ts";
import { type ObjectStore, openClient } from "./minio-client.ts";
import { ensureBuckets, removeBuckets } from "./minio-ensure.ts";
import { observeBuckets } from "./minio-observe.ts";
import { ask, keyOf, needOf, secretOf, startRelay, startTestStore, type TestStore } from "./testing/object-store.ts";

let running: TestStore;
let store: ObjectStore;
const [first, second] = [needOf("user1"), needOf("user2")];
const nothing = { exists: true, differences: [] };

beforeAll(async () => {
  running = await startTestStore();
  store = running.store;
});
afterAll(() => running.stop());
afterEach(() => vi.restoreAllMocks());

function ensure(need: BucketsNeed, to: ObjectStore = store): Promise<{ created: string[] }> {
  return ensureBuckets(need, { store: to, secretKey: secretOf(need.owner), log: () => undefined });
}

function remove(need: BucketsNeed, from: ObjectStore = store): Promise<{ removed: string[] }> {
  return removeBuckets(need, { store: from, log: () => undefined });
}

async function observe(need: BucketsNeed) {
  return (await observeBuckets([need], { store, secretKeyOf: secretOf })).get(need.owner);
}

/** All that root sees of an owner, and of the objects in its buckets. */
async function tracesOf({ accessKey, owner }: BucketsNeed): Promise<string[]> {
  const admin = new StoreAdmin(store);
  const buckets = (await openClient(store).listBuckets()).map(({ name }) => name);
  return [
    ...buckets.filter((name) => name.startsWith(`${owner}-`)),
    ...((await admin.user(accessKey)) === undefined ? [] : ["user"]),
    ...((await admin.policy(accessKey)) === undefined ? [] : ["policy"]),
  ];
}

test("makes what is missing, once, and sees nothing left to do", async () => {
  expect(await observe(first)).toMatchObject({ exists: false });
  expect(await ensure(first)).toEqual({ created: ["user1-uploads", "user1-backups"] });
  expect(await observe(first)).toEqual(nothing);
  expect(await ensure(first)).toEqual({ created: [] });
});

test("several owners at once", async () => {
  const needs = [first, second, needOf("user3", { quotaBytes: null })];
  await Promise.all(needs.map((need) => ensure(need)));
  const seen = await observeBuckets(needs, { store, secretKeyOf: secretOf });
  expect([...seen]).toEqual(needs.map(({ owner }) => [owner, nothing]));
});

test("a bucket and a quota that are wanted later", async () => {
  await ensure(first);
  const more = needOf("user1", { buckets: [...first.buckets, "user1-media"], quotaBytes: 2 * 1024 ** 2 });
  expect(await ensure(more)).toEqual({ created: ["user1-media"] });
  expect(await observe(more)).toEqual(nothing);
  await openClient(store, keyOf(first)).putObject("user1-media", "one", "content");
  await remove(more);
});

const everything = { Effect: "Allow" as const, Action: ["s3:*"], Resource: ["arn:aws:s3:::*"] };

test.each<[string, (admin: StoreAdmin) => Promise<unknown>, string]>([
  [
    "a policy with more in it",
    (admin) => admin.putPolicy("berth-user1", { Version: "2012-10-17", Statement: [everything] }),
    "policy 'berth-user1' allows something else",
  ],
  [
    "another policy",
    (admin) => admin.setPolicy("berth-user1", "readonly"),
    "access key 'berth-user1' has policy 'readonly'",
  ],
  ["another secret", (admin) => admin.putUser("berth-user1", "stolen and changed"), "access key 'berth-user1' refuses"],
  ["a disabled access key", (admin) => admin.disableUser("berth-user1"), "access key 'berth-user1' is disabled"],
  ["a removed access key", (admin) => admin.removeUser("berth-user1"), "access key 'berth-user1' does not exist"],
  ["no quota", (admin) => admin.setQuota("user1-uploads", null), "bucket 'user1-uploads' has no quota"],
  ["a removed bucket", () => openClient(store).removeBucket("user1-backups"), "bucket 'user1-backups' does not exist"],
  ["a group", () => joinGroup("staff", "berth-user1"), "access key 'berth-user1' is in group 'staff'"],
  [
    "a bucket open to strangers",
    () =>
      openClient(store).setBucketPolicy(
        "user1-uploads",
        JSON.stringify({ Version: "2012-10-17", Statement: [{ ...everything, Principal: "*" }] }),
      ),
    "bucket 'user1-uploads' has a policy that lets strangers in",
  ],
])("tampering is seen and mended: %s", async (_, tamper, difference) => {
  await ensure(first);
  await tamper(new StoreAdmin(store));
  const { exists, differences } = (await observe(first)) ?? {};
  expect(exists).toBe(true);
  expect(differences?.join("\n")).toContain(difference);
  await ensure(first);
  expect(await observe(first)).toEqual(nothing);
});

async function joinGroup(group: string, member: string): Promise<void> {
  const body = JSON.stringify({ group, members: [member], isRemove: false });
  const change = { method: "PUT", path: "/minio/admin/v3/update-group-members", body };
  expect(await ask(store, store, change)).toMatchObject({ status: 200 });
}

test("another secret from Berth takes the place of the old one", async () => {
  await ensure(first);
  await ensureBuckets(first, { store, secretKey: "rotated secret", log: () => undefined });
  const list = (secretKey: string) => openClient(store, { accessKey: first.accessKey, secretKey }).listBuckets();
  await expect(list(secretOf("user1"))).rejects.toMatchObject({ code: "SignatureDoesNotMatch" });
  expect(await list("rotated secret")).toHaveLength(2);
  await ensure(first);
});

test("removing takes every object, version, marker and upload of one owner, and leaves the others' alone", async () => {
  await Promise.all([ensure(first), ensure(second)]);
  const client = openClient(store);
  await client.putObject("user1-uploads", "kept", "content");
  await client.setBucketVersioning("user2-uploads", { Status: "Enabled" });
  for (const content of ["one", "two"]) await client.putObject("user2-uploads", "a/b & c+d/é.txt", content);
  await client.removeObject("user2-uploads", "a/b & c+d/é.txt");
  await client.putObject("user2-backups", " spaces and <tags>", "content");
  await client.initiateNewMultipartUpload("user2-backups", "unfinished/part", {});
  expect(await remove(second)).toEqual({ removed: ["user2-uploads", "user2-backups"] });
  expect(await tracesOf(second)).toEqual([]);
  expect(await remove(second)).toEqual({ removed: [] });
  expect(await observe(first)).toEqual(nothing);
  expect(await client.statObject("user1-uploads", "kept")).toMatchObject({ size: 7 });
  await expect(openClient(store, keyOf(second)).listBuckets()).rejects.toMatchObject({ code: "InvalidAccessKeyId" });
});

test("more objects than one request may delete", async () => {
  await ensure(second);
  const client = openClient(store);
  const names = Array.from({ length: 1005 }, (_, position) => `${position}`);
  for (let start = 0; start < names.length; start += 67) {
    await Promise.all(names.slice(start, start + 67).map((name) => client.putObject("user2-uploads", name, "")));
  }
  const lines: string[] = [];
  await removeBuckets(second, { store, log: (line) => lines.push(line) });
  expect(lines).toContain("removed 1005 objects and 0 unfinished uploads from user2-uploads");
  expect(await tracesOf(second)).toEqual([]);
});

test("an object that the store does not delete is told, and the bucket stays", async () => {
  await ensure(first);
  await openClient(store).putObject("user1-uploads", "held/object", "content");
  const answer = `[{ "Key": "held/object", "Code": "AccessDenied", "Message": "It is under retention" }]`;
  vi.spyOn(Client.prototype, "removeObjects").mockImplementation(async () => JSON.parse(answer));
  await expect(remove(first)).rejects.toThrow(
    "answered: 'held/object' in bucket user1-uploads could not be deleted: It is under retention",
  );
  vi.restoreAllMocks();
  expect(await tracesOf(first)).toContain("user1-uploads");
  expect(await remove(first)).toEqual({ removed: ["user1-uploads", "user1-backups"] });
});

const breaks = Array.from({ length: 9 }, (_, position) => position);

test.each(["request", "answer"] as const)("making survives the loss of any %s", async (loses) => {
  for (const breaksAt of breaks) {
    await remove(first);
    const relay = await startRelay(store, breaksAt, loses);
    await expect(ensure(first, relay.store)).rejects.toMatchObject({ code: "store.failed" });
    await relay.close();
    const reached = await openClient(store, keyOf(first))
      .listBuckets()
      .catch(() => []);
    expect(reached.map(({ name }) => name).filter((name) => !first.buckets.includes(name))).toEqual([]);
    await ensure(first);
    expect(await observe(first)).toEqual(nothing);
  }
});

test.each(["request", "answer"] as const)("removing survives the loss of any %s", async (loses) => {
  await ensure(second);
  for (const breaksAt of breaks.slice(0, 6)) {
    await ensure(first);
    await openClient(store).putObject("user1-uploads", "object", "content");
    const relay = await startRelay(store, breaksAt, loses);
    await expect(remove(first, relay.store)).rejects.toMatchObject({ code: "store.failed" });
    await relay.close();
    await remove(first);
    expect(await tracesOf(first)).toEqual([]);
    expect(await observe(second)).toEqual(nothing);
  }
});

test("a store that takes every change and does none is not believed", async () => {
  await remove(first);
  vi.spyOn(StoreAdmin.prototype, "setPolicy").mockResolvedValue();
  await expect(ensure(first)).rejects.toThrow(
    `The object store at 127.0.0.1:${store.endpoint.port} took every change, and still access key 'berth-user1' has no policy`,
  );
});

test("a store that is away, refuses the root user or says nothing is told in one sentence, without a secret", async () => {
  const listener = createServer(() => undefined).listen(0, "127.0.0.1");
  await once(listener, "listening");
  const address = listener.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const elsewhere = { ...store, endpoint: { address: "127.0.0.1", port } };
  vi.spyOn(AbortSignal, "timeout").mockImplementation(() => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new DOMException("late", "TimeoutError")), 100);
    return controller.signal;
  });
  await expect(remove(first, elsewhere)).rejects.toThrow(`store at 127.0.0.1:${port} gave no answer within 30 s`);
  await expect(observeBuckets([first], { store: elsewhere, secretKeyOf: secretOf })).rejects.toThrow("gave no answer");
  vi.restoreAllMocks();
  const closed = once(listener, "close");
  listener.close();
  listener.closeAllConnections();
  await closed;
  await expect(remove(first, elsewhere)).rejects.toMatchObject({
    code: "store.failed",
    message: `The object store at 127.0.0.1:${port} answered: connect ECONNREFUSED 127.0.0.1:${port}`,
    hint: "See `berth logs shared-minio`",
  });
  const wrong = { ...store, secretKey: "another password" };
  await expect(ensure(first, wrong)).rejects.toThrow("does not take the root user's name and password");
});
