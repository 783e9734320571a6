/** Against the lab's stand-in for an object store, on loopback. */
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { Secret } from "@berth/shared/secret";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestStore, type TestStore } from "../needs/testing/object-store.ts";
import { s3Store, type S3Target } from "./s3-store.ts";

let running: TestStore;
let target: S3Target;
const below = ["valuechain", "controller"];
const signal = AbortSignal.timeout(60_000);

beforeAll(async () => {
  running = await startTestStore();
  const { endpoint, accessKey, secretKey } = running.store;
  target = {
    ...{ endpoint: `http://${endpoint.address}:${endpoint.port}`, bucket: "berth", ca: null },
    ...{ accessKey: new Secret(accessKey), secretKey: new Secret(secretKey) },
  };
});
afterAll(() => running.stop());

test("keeps whole files by name, and makes the bucket", async () => {
  const store = s3Store(target, below);
  expect(await store.list()).toEqual([]);
  await store.put("one", Readable.from([Buffer.alloc(9 * 1024 ** 2, "a"), Buffer.from("end")]), signal);
  expect(await store.list()).toEqual(["one"]);
  const content = await buffer(await store.get("one", signal));
  expect([content.length, content.toString("utf8", content.length - 3)]).toEqual([9 * 1024 ** 2 + 3, "end"]);
  await store.remove("one");
  await store.remove("one");
  expect(await store.list()).toEqual([]);
  await expect(store.get("one", signal)).rejects.toMatchObject({ code: "not-found" });
});

test("has nothing of a file whose content broke off", async () => {
  const store = s3Store(target, below);
  const broken = Readable.from(
    (async function* () {
      yield Buffer.alloc(9 * 1024 ** 2);
      throw new Error("it broke");
    })(),
  );
  await expect(store.put("broken", broken, signal)).rejects.toMatchObject({ code: "store.failed" });
  expect(await store.list()).toEqual([]);
});

test("says whose keys are wrong, and not which they were", async () => {
  const store = s3Store({ ...target, secretKey: new Secret("a wrong one") }, below);
  const error = await store.list().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "store.failed", hint: expect.stringContaining("backup/s3SecretKey") });
  expect(String(error)).not.toContain("a wrong one");
});
