import { createCipheriv, pbkdf2Sync } from "node:crypto";
import { expect, test } from "vitest";
import { decrypt, encrypt } from "./encryption.ts";

test.each([0, 1, 16_384, 16_385, 40_000])("opens the %i bytes that it has sealed", async (length) => {
  const plain = Buffer.alloc(length, 7);
  expect((await decrypt("a secret key", await encrypt("a secret key", plain))).equals(plain)).toBe(true);
});

test("opens what a MinIO in FIPS mode seals, with PBKDF2", async () => {
  const [salt, nonce] = [Buffer.alloc(32, 1), Buffer.alloc(8, 2)];
  const key = pbkdf2Sync("a secret key", salt, 8192, 32, "sha256");
  const seal = (sequence: number, associated: Buffer, plain: string) => {
    const sealer = createCipheriv("aes-256-gcm", key, Buffer.concat([nonce, Buffer.of(sequence, 0, 0, 0)]));
    sealer.setAAD(associated);
    return Buffer.concat([sealer.update(plain), sealer.final(), sealer.getAuthTag()]);
  };
  const opening = seal(0, Buffer.alloc(0), "");
  const sealed = Buffer.concat([salt, Buffer.of(2), nonce, seal(1, Buffer.concat([Buffer.of(0x80), opening]), "{}")]);
  expect((await decrypt("a secret key", sealed)).toString()).toBe("{}");
});

test("refuses another key, a changed byte, a cut end and what is not sealed", async () => {
  const sealed = await encrypt("a secret key", Buffer.alloc(20_000));
  const changed = Buffer.from(sealed);
  changed.writeUInt8(changed.readUInt8(100) ^ 1, 100);
  const refused = { code: "XMinioAdminConfigBadJSON" };
  await expect(decrypt("another key", sealed)).rejects.toMatchObject(refused);
  await expect(decrypt("a secret key", changed)).rejects.toMatchObject(refused);
  await expect(decrypt("a secret key", sealed.subarray(0, 41 + 16_384 + 16))).rejects.toMatchObject(refused);
  await expect(decrypt("a secret key", Buffer.from(`{"secretKey":"plain"}`))).rejects.toMatchObject(refused);
});
