import { argon2Sync, createCipheriv, createDecipheriv } from "node:crypto";
import { expect, test } from "vitest";
import { encryptForAdmin } from "./minio-encryption.ts";

const salt = Buffer.alloc(32, 1);
const nonce = Buffer.alloc(8, 2);

test("seals as it did when it was compared, byte for byte, with the ciphertexts of madmin-go's encrypt_test.go", async () => {
  const sealed = await encryptForAdmin("a secret key", Buffer.from(`{"secretKey":"x"}`), { salt, nonce });
  const fragment = "aaea7ff7f3d8c6e373466cc076ed8d659cd51348d9bc11ea5f50a7d8ea39f68c78";
  expect(sealed.toString("hex")).toBe(`${"01".repeat(32)}00${"02".repeat(8)}${fragment}`);
});

test.each([0, 1, 16_384, 16_385, 32_768])("%i bytes: fragments of 16 KiB, the last one marked", async (length) => {
  const plain = Buffer.alloc(length, 7);
  const sealed = await encryptForAdmin("a secret key", plain, { salt, nonce });
  const fragments = Math.max(1, Math.ceil(length / 16_384));
  expect(sealed).toHaveLength(32 + 1 + 8 + length + 16 * fragments);
  const last = sealed.subarray(41 + (fragments - 1) * (16_384 + 16));
  expect(openLast(last, fragments).equals(plain.subarray((fragments - 1) * 16_384))).toBe(true);
});

test("a salt and a nonce of its own each time", async () => {
  const [one, other] = await Promise.all([encryptForAdmin("key", Buffer.of(1)), encryptForAdmin("key", Buffer.of(1))]);
  expect(one.subarray(0, 32).equals(other.subarray(0, 32))).toBe(false);
  expect(one.subarray(33, 41).equals(other.subarray(33, 41))).toBe(false);
});

/** Written from sio-go's description: the tag of an empty fragment 0 is authenticated with each fragment. */
function openLast(sealed: Buffer, sequence: number): Buffer {
  const key = argon2Sync("argon2id", {
    message: "a secret key",
    nonce: salt,
    parallelism: 4,
    memory: 65_536,
    passes: 1,
    tagLength: 32,
  });
  const counted = (count: number) => Buffer.concat([nonce, Buffer.of(count, 0, 0, 0)]);
  const empty = createCipheriv("aes-256-gcm", key, counted(0));
  empty.final();
  const opener = createDecipheriv("aes-256-gcm", key, counted(sequence));
  opener.setAAD(Buffer.concat([Buffer.of(0x80), empty.getAuthTag()]));
  opener.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([opener.update(sealed.subarray(0, -16)), opener.final()]);
}
