import { randomBytes } from "node:crypto";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { Secret } from "@berth/shared/secret";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openArchive, sealArchive } from "./archive.ts";

let identity: Secret;
let recipient: string;
let directory: string;

beforeAll(async () => {
  const key = await generateX25519Identity();
  identity = new Secret(key);
  recipient = await identityToRecipient(key);
  directory = await mkdtemp(join(tmpdir(), "berth-archive-"));
});
afterAll(() => rm(directory, { recursive: true }));

/** Does not compress, and spans several of age's chunks. */
const large = randomBytes(300_000);

async function sealed(): Promise<Buffer> {
  const file = join(directory, "large");
  await writeFile(file, large);
  const handle = await open(file);
  try {
    return await buffer(
      await sealArchive(
        [
          { path: "manifest.json", mode: 0o600, content: Buffer.from("{}") },
          { path: "state/large", mode: 0o600, content: { handle, bytes: large.length } },
        ],
        recipient,
      ),
    );
  } finally {
    await handle.close();
  }
}

async function unpacked(bytes: Buffer, key = identity): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for await (const { path, content } of openArchive(Readable.from([bytes]), key))
    files.set(path, await buffer(content));
  return files;
}

test("what was put in comes out, and nothing of it can be seen outside", async () => {
  const bytes = await sealed();
  expect(bytes.includes("manifest.json")).toBe(false);
  const files = await unpacked(bytes);
  expect([...files.keys()]).toEqual(["manifest.json", "state/large"]);
  expect(files.get("state/large")?.equals(large)).toBe(true);
});

describe("is refused", () => {
  test("with another key", async () => {
    const other = new Secret(await generateX25519Identity());
    await expect(unpacked(await sealed(), other)).rejects.toMatchObject({ code: "secrets.locked" });
  });

  test("with what is no key, which is not repeated", async () => {
    const error = await unpacked(await sealed(), new Secret("AGE-SECRET-KEY-1TYPO")).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "secrets.locked" });
    expect(String(error)).not.toContain("TYPO");
  });

  test.each([0, 1, 100, 210, 5_000, 65_536, 100_000])("cut off after %i bytes", async (length) => {
    await expect(unpacked((await sealed()).subarray(0, length))).rejects.toMatchObject({ code: "backup.damaged" });
  });

  test("cut off at its end", async () => {
    const bytes = await sealed();
    for (const missing of [1, 16, 17, 1000])
      await expect(unpacked(bytes.subarray(0, -missing))).rejects.toMatchObject({ code: "backup.damaged" });
  });

  test("altered anywhere", async () => {
    const bytes = await sealed();
    for (const at of [10, 40, 150, 300, 70_000, bytes.length - 1]) {
      const altered = Buffer.from(bytes);
      altered[at] = altered.readUInt8(at) ^ 1;
      const code = expect.stringMatching(/^(backup\.damaged|secrets\.locked)$/);
      await expect(unpacked(altered), `byte ${at}`).rejects.toMatchObject({ code });
    }
  });

  test("followed by something else", async () => {
    const bytes = Buffer.concat([await sealed(), Buffer.from("more")]);
    await expect(unpacked(bytes)).rejects.toMatchObject({ code: "backup.damaged" });
  });
});

test("a file that cannot be read makes no archive", async () => {
  const file = join(directory, "short");
  await writeFile(file, "short");
  const handle = await open(file);
  const stream = await sealArchive([{ path: "state/short", mode: 0o600, content: { handle, bytes: 1000 } }], recipient);
  await expect(buffer(stream)).rejects.toThrow();
  await handle.close();
});
