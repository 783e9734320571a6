import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type TemporaryDirectory, temporaryDirectory } from "../testing/temporary-directory.ts";
import { compressOnce } from "./compress.ts";

let directory: TemporaryDirectory;
let file: string;
let opened: number;

beforeEach(async () => {
  directory = await temporaryDirectory();
  file = `${directory.path}/node.gz`;
  opened = 0;
});

afterEach(() => directory[Symbol.asyncDispose]());

function compress(source: string, content = "a runtime") {
  return compressOnce(file, source, () => {
    opened += 1;
    return Readable.from([Buffer.from(content)]);
  });
}

test("the file holds the source, and what is said of it is true", async () => {
  const { sha256, size } = await compress("node 1");
  const packed = await readFile(file);
  expect(gunzipSync(packed).toString()).toBe("a runtime");
  expect([createHash("sha256").update(packed).digest("hex"), packed.length]).toEqual([sha256, size]);
});

test("it is made once, and again when the source is another or the file is not whole", async () => {
  const first = await compress("node 1");
  expect(await compress("node 1")).toEqual(first);
  expect(opened).toBe(1);
  await compress("node 2", "another");
  expect(opened).toBe(2);
  await writeFile(file, "cut");
  await compress("node 2", "another");
  expect(opened).toBe(3);
});

test("a source that breaks off leaves nothing that could be taken for it", async () => {
  const broken = () =>
    Readable.from(
      (async function* () {
        yield Buffer.from("half");
        throw new Error("the disk is gone");
      })(),
    );
  await expect(compressOnce(file, "node 1", broken)).rejects.toThrow("the disk is gone");
  expect(await readdir(directory.path)).toEqual([]);
});
