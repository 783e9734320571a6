/**
 * A tenant gone bad: everything that its access key can be tried on, against the buckets of another tenant, against its
 * own buckets' settings, and against the admin API. Each attempt is also made by somebody who may: it would have worked.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { StoreAdmin } from "./minio-admin.ts";
import { type ObjectStore, openClient } from "./minio-client.ts";
import { encryptForAdmin } from "./minio-encryption.ts";
import { ensureBuckets } from "./minio-ensure.ts";
import { observeBuckets } from "./minio-observe.ts";
import { policyFor } from "./minio-policy.ts";
import { ask, type Attempt, keyOf, needOf, secretOf, startTestStore, type TestStore } from "./testing/object-store.ts";

let running: TestStore;
let store: ObjectStore;
const [attacker, victim] = [needOf("user1"), needOf("user2")];
const attackerKey = keyOf(attacker);
let uploadId: string;

beforeAll(async () => {
  running = await startTestStore();
  store = running.store;
});
afterAll(() => running.stop());

beforeEach(async () => {
  for (const need of [attacker, victim]) {
    await ensureBuckets(need, { store, secretKey: secretOf(need.owner), log: () => undefined });
  }
  const client = openClient(store);
  await client.putObject("user2-uploads", "secret.txt", "of user2");
  await client.putObject("user1-uploads", "own.txt", "of user1");
  uploadId = await client.initiateNewMultipartUpload("user2-uploads", "large", {});
});

/** What root sees of the victim's bucket. */
async function stateOf(bucket: string): Promise<unknown> {
  const client = openClient(store);
  const objects: unknown[] = [];
  for await (const { name, etag } of client.listObjects(bucket, "", true)) objects.push([name, etag]);
  return { objects, versioning: await client.getBucketVersioning(bucket), observed: await observe() };
}

async function observe(): Promise<unknown> {
  return [...(await observeBuckets([attacker, victim], { store, secretKeyOf: secretOf }))];
}

test("its own buckets: reads, writes, lists, deletes and uploads in parts", async () => {
  const client = openClient(store, attackerKey);
  await client.putObject("user1-uploads", "folder/object", "content");
  const names: (string | undefined)[] = [];
  for await (const { name } of client.listObjects("user1-uploads", "", true)) names.push(name);
  expect(names).toEqual(["folder/object", "own.txt"]);
  expect(await ask(store, attackerKey, { method: "GET", path: "/user1-uploads/own.txt" })).toEqual({
    status: 200,
    body: "of user1",
  });
  const own = await client.initiateNewMultipartUpload("user1-backups", "large", {});
  const part = { bucketName: "user1-backups", objectName: "large", uploadID: own, partNumber: 1, headers: {} };
  const { etag } = await client.uploadPart(part, Buffer.from("part"));
  await client.completeMultipartUpload("user1-backups", "large", own, [{ part: 1, etag }]);
  expect(await client.statObject("user1-backups", "large")).toMatchObject({ size: 4 });
  await client.removeObjects("user1-backups", ["large"]);
  await client.removeObject("user1-uploads", "folder/object");
  expect((await client.listBuckets()).map(({ name }) => name)).toEqual(["user1-backups", "user1-uploads"]);
});

const versioningXml = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
const openPolicy = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: "*", Action: ["s3:*"], Resource: ["arn:aws:s3:::user2-uploads/*"] }],
});

const onBucket: [string, Attempt][] = [
  ["list (V2)", { method: "GET", path: "/user2-uploads?list-type=2" }],
  ["list (V1)", { method: "GET", path: "/user2-uploads" }],
  ["list versions", { method: "GET", path: "/user2-uploads?versions=" }],
  ["list uploads", { method: "GET", path: "/user2-uploads?uploads=" }],
  ["ask where it is", { method: "GET", path: "/user2-uploads?location=" }],
  ["ask whether it is there", { method: "HEAD", path: "/user2-uploads" }],
  ["read its policy", { method: "GET", path: "/user2-uploads?policy=" }],
  ["open it to everybody", { method: "PUT", path: "/user2-uploads?policy=", body: openPolicy }],
  ["delete its policy", { method: "DELETE", path: "/user2-uploads?policy=" }],
  ["read its versioning", { method: "GET", path: "/user2-uploads?versioning=" }],
  ["change its versioning", { method: "PUT", path: "/user2-uploads?versioning=", body: versioningXml }],
  ["make it", { method: "PUT", path: "/user2-uploads" }],
  ["delete it", { method: "DELETE", path: "/user2-uploads" }],
];

const onObject: [string, Attempt][] = [
  ["read", { method: "GET", path: "/user2-uploads/secret.txt" }],
  ["read a part of", { method: "GET", path: "/user2-uploads/secret.txt", headers: { range: "bytes=0-0" } }],
  ["read a version of", { method: "GET", path: "/user2-uploads/secret.txt?versionId=null" }],
  ["ask about", { method: "HEAD", path: "/user2-uploads/secret.txt" }],
  ["ask about a missing", { method: "HEAD", path: "/user2-uploads/missing.txt" }],
  ["overwrite", { method: "PUT", path: "/user2-uploads/secret.txt", body: "of user1" }],
  ["add", { method: "PUT", path: "/user2-uploads/new.txt", body: "of user1" }],
  ["delete", { method: "DELETE", path: "/user2-uploads/secret.txt" }],
  ["delete a version of", { method: "DELETE", path: "/user2-uploads/secret.txt?versionId=null" }],
  ["begin an upload of", { method: "POST", path: "/user2-uploads/large?uploads=" }],
  ["write over", copy("/user2-uploads/secret.txt", "/user1-uploads/own.txt")],
  ["copy to its own bucket", copy("/user1-uploads/stolen.txt", "/user2-uploads/secret.txt")],
  ["reach by an encoded path", { method: "GET", path: "/user2-uploads%2Fsecret.txt" }],
  ["reach by a doubled slash", { method: "GET", path: "//user2-uploads/secret.txt" }],
];

function copy(to: string, from: string): Attempt {
  return { method: "PUT", path: to, headers: { "x-amz-copy-source": from } };
}

describe("another tenant's bucket", () => {
  test.each([...onBucket, ...onObject])("refuses to %s", async (_, attempt) => {
    const before = await stateOf("user2-uploads");
    expect(await ask(store, attackerKey, attempt)).toMatchObject({ status: expect.toSatisfy(isRefusal) });
    expect(await stateOf("user2-uploads")).toEqual(before);
    expect(await ask(store, undefined, attempt)).toMatchObject({ status: expect.toSatisfy(isRefusal) });
    expect(await stateOf("user2-uploads")).toEqual(before);
  });

  function isRefusal(status: number): boolean {
    return [400, 403, 405].includes(status);
  }

  test.each(onObject.filter(([name]) => !/version|missing|doubled|own/.test(name)))(
    "lets the tenant itself %s",
    async (_, attempt) => {
      const from = attempt.headers?.["x-amz-copy-source"];
      const headers = from === undefined ? attempt.headers : { "x-amz-copy-source": "/user2-uploads/secret.txt" };
      const path = from === undefined ? attempt.path : "/user2-uploads/copy.txt";
      const own = { ...attempt, path, ...(headers === undefined ? {} : { headers }) };
      const { status } = await ask(store, keyOf(victim), own);
      expect(Math.floor(status / 100)).toBe(2);
    },
  );

  test("refuses every step of an upload that the tenant has begun", async () => {
    const upload = `/user2-uploads/large?uploadId=${uploadId}`;
    const part = `${upload}&partNumber=1`;
    const attempts: Attempt[] = [
      { method: "PUT", path: part, body: "of user1" },
      { method: "PUT", path: part, headers: { "x-amz-copy-source": "/user1-uploads/own.txt" } },
      { method: "GET", path: upload },
      { method: "POST", path: upload, body: "<CompleteMultipartUpload/>" },
      { method: "DELETE", path: upload },
    ];
    for (const attempt of attempts) expect(await ask(store, attackerKey, attempt)).toMatchObject({ status: 403 });
    expect(await ask(store, keyOf(victim), { method: "PUT", path: part, body: "own" })).toMatchObject({ status: 200 });
  });

  test("keeps what a list of deletions names, though the attacker's own goes", async () => {
    const refusals = await openClient(store, attackerKey).removeObjects("user2-uploads", ["secret.txt"]);
    expect(refusals).toMatchObject([{ Code: "AccessDenied", Key: "secret.txt" }]);
    expect(await openClient(store, attackerKey).removeObjects("user1-uploads", ["own.txt"])).toEqual([]);
    expect(await openClient(store).statObject("user2-uploads", "secret.txt")).toMatchObject({ size: 8 });
  });

  test("refuses a link that the attacker signed, and one that was changed", async () => {
    const get = (url: string) => fetch(url, { signal: AbortSignal.timeout(10_000) });
    const forged = await openClient(store, attackerKey).presignedGetObject("user2-uploads", "secret.txt", 60);
    expect((await get(forged)).status).toBe(403);
    const own = await openClient(store, attackerKey).presignedGetObject("user1-uploads", "own.txt", 60);
    expect(await (await get(own)).text()).toBe("of user1");
    expect((await get(own.replace("user1-uploads/own.txt", "user2-uploads/secret.txt"))).status).toBe(403);
    expect((await get(own.replace("X-Amz-Expires=60", "X-Amz-Expires=6000"))).status).toBe(403);
  });

  test.each(["user1", "user1-uploads2", "user1-upload", "user1-uploads.other", "1-uploads"])(
    "is not taken for one of its own by its name: %s",
    async (bucket) => {
      const client = openClient(store);
      if (!(await client.bucketExists(bucket))) await client.makeBucket(bucket);
      await client.putObject(bucket, "secret.txt", "of somebody");
      for (const path of [`/${bucket}`, `/${bucket}/secret.txt`]) {
        expect(await ask(store, attackerKey, { method: "GET", path })).toMatchObject({ status: 403 });
      }
      expect((await openClient(store, attackerKey).listBuckets()).map(({ name }) => name)).not.toContain(bucket);
      await client.removeObject(bucket, "secret.txt");
      await client.removeBucket(bucket);
    },
  );
});

test.each<[string, Attempt]>([
  ["delete it", { method: "DELETE", path: "/user1-backups" }],
  ["open it", { method: "PUT", path: "/user1-backups?policy=", body: openPolicy.replaceAll("user2", "user1") }],
  ["keep versions", { method: "PUT", path: "/user1-backups?versioning=", body: versioningXml }],
  ["delete a version", { method: "DELETE", path: "/user1-uploads/own.txt?versionId=null" }],
  ["make another one", { method: "PUT", path: "/user1-more" }],
])("of its own bucket it may not %s", async (_, attempt) => {
  expect(await ask(store, attackerKey, attempt)).toMatchObject({ status: 403 });
});

describe("the admin API", () => {
  const admin = (method: string, command: string, body?: string | Buffer): Attempt => ({
    method,
    path: `/minio/admin/v3/${command}`,
    ...(body === undefined ? {} : { body }),
  });
  const everything = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: ["admin:*"] }] });

  test.each<[string, Attempt]>([
    ["list the users", admin("GET", "list-users")],
    ["ask about another", admin("GET", "user-info?accessKey=berth-user2")],
    ["ask about itself", admin("GET", "user-info?accessKey=berth-user1")],
    ["disable another", admin("PUT", "set-user-status?accessKey=berth-user2&status=disabled")],
    ["remove another", admin("DELETE", "remove-user?accessKey=berth-user2")],
    ["read policies", admin("GET", "list-canned-policies")],
    ["change its policy", admin("PUT", "add-canned-policy?name=berth-user1", everything)],
    [
      "take a policy",
      admin("PUT", "set-user-or-group-policy?policyName=readwrite&userOrGroup=berth-user1&isGroup=false"),
    ],
    ["join a group", admin("PUT", "update-group-members", `{"group":"g","members":["berth-user1"],"isRemove":false}`)],
    ["lift its quota", admin("PUT", "set-bucket-quota?bucket=user1-uploads", `{"quota":0,"size":0}`)],
    ["lower another's quota", admin("PUT", "set-bucket-quota?bucket=user2-uploads", `{"size":1,"quotatype":"hard"}`)],
    ["do what does not exist", admin("POST", "service?action=stop")],
  ])("does not let it %s", async (_, attempt) => {
    const before = await observe();
    expect(await ask(store, attackerKey, attempt)).toMatchObject({ status: 403 });
    expect(await ask(store, undefined, attempt)).toMatchObject({ status: 403 });
    expect(await observe()).toEqual(before);
  });

  const sealed = (content: object) => encryptForAdmin(attackerKey.secretKey, Buffer.from(JSON.stringify(content)));
  const secondKey = { accessKey: "second-key-of-user1", secretKey: "its secret" };

  test("lets it change neither its own secret nor another's, nor make a second access key", async () => {
    const user = await sealed({ secretKey: "chosen by user1", status: "enabled" });
    for (const accessKey of ["berth-user1", "berth-user2", "berth-user3"]) {
      const attempt = admin("PUT", `add-user?accessKey=${accessKey}`, user);
      expect(await ask(store, attackerKey, attempt)).toMatchObject({ status: 403 });
    }
    const attempt = admin("PUT", "add-service-account", await sealed(secondKey));
    expect(await ask(store, attackerKey, attempt)).toMatchObject({ status: 403 });
  });

  test("would let it make a second access key, had its policy no denial; and that key ends with the user", async () => {
    const { Statement: statements, ...policy } = policyFor(attacker.buckets);
    await new StoreAdmin(store).putPolicy(attacker.accessKey, { ...policy, Statement: statements.slice(0, 2) });
    const attempt = admin("PUT", "add-service-account", await sealed(secondKey));
    expect(await ask(store, attackerKey, attempt)).toMatchObject({ status: 200 });
    const read = { method: "GET", path: "/user1-uploads/own.txt" };
    expect(await ask(store, secondKey, read)).toMatchObject({ status: 200 });
    await new StoreAdmin(store).removeUser(attacker.accessKey);
    expect(await ask(store, secondKey, read)).toMatchObject({ status: 403 });
  });
});

test("a quota holds, and counts for its own bucket alone", async () => {
  const fits = Buffer.alloc(600_000);
  const put = (need: typeof attacker, name: string) =>
    openClient(store, keyOf(need)).putObject(`${need.owner}-uploads`, name, fits);
  await put(attacker, "first");
  await expect(put(attacker, "second")).rejects.toMatchObject({ code: "XMinioAdminBucketQuotaExceeded" });
  await put(victim, "first");
  await openClient(store, attackerKey).removeObject("user1-uploads", "first");
  await put(attacker, "second");
  for (const need of [attacker, victim]) {
    await openClient(store).removeObjects(`${need.owner}-uploads`, ["first", "second"]);
  }
});

test.each([
  ["another's secret", { accessKey: attacker.accessKey, secretKey: secretOf("user2") }, "SignatureDoesNotMatch"],
  ["an unknown access key", { accessKey: "berth-nobody", secretKey: "secret" }, "InvalidAccessKeyId"],
  ["root's name", { accessKey: "root-of-the-test", secretKey: secretOf("user1") }, "SignatureDoesNotMatch"],
])("does not let in %s", async (_, credentials, code) => {
  const { status, body } = await ask(store, credentials, { method: "GET", path: "/user2-uploads" });
  expect(status).toBe(403);
  expect(body).toContain(`<Code>${code}</Code>`);
});
