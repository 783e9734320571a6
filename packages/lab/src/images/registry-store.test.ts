import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RegistryStore } from "./registry-store.ts";

let directory: string;
let store: RegistryStore;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "berth-store-"));
  store = new RegistryStore(join(directory, "registry"));
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

const read = (path: string): Promise<string> => readFile(join(directory, "registry/docker/registry/v2", path), "utf8");

describe("RegistryStore", () => {
  it("keeps a blob where the registry looks for it", async () => {
    await writeFile(join(directory, "file"), "bytes");
    await store.takeBlob("sha256:abcd", join(directory, "file"));
    expect(await read("blobs/sha256/ab/abcd/data")).toBe("bytes");
    expect(await store.hasBlob("sha256:abcd")).toBe(true);
    expect(await store.hasBlob("sha256:abce")).toBe(false);
  });

  it("links a repository's blobs, manifest and tags", async () => {
    await store.publish("library/postgres", "sha256:11", ["sha256:22"], ["17", "17.12"]);
    const repository = "repositories/library/postgres";
    expect(await read(`${repository}/_layers/sha256/22/link`)).toBe("sha256:22");
    expect(await read(`${repository}/_manifests/revisions/sha256/11/link`)).toBe("sha256:11");
    expect(await read(`${repository}/_manifests/tags/17/index/sha256/11/link`)).toBe("sha256:11");
    expect(await store.resolve("library/postgres", "17.12")).toBe("sha256:11");
  });

  it("moves a tag to the newer manifest", async () => {
    await store.publish("a", "sha256:11", [], ["1"]);
    await store.publish("a", "sha256:12", [], ["1"]);
    expect(await store.resolve("a", "1")).toBe("sha256:12");
    expect(await store.resolve("a", "2")).toBeUndefined();
  });
});
