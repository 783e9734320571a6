import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestTerminal, runInTest } from "../testing/terminal.ts";

const source = "sftp://berth@127.0.0.1:1/backups/valuechain/controller";
const hostKey = `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${"a".repeat(43)}`;
let directory: string;
let keyFile: string;
let recoveryKeyFile: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "berth-restore-"));
  keyFile = join(directory, "key");
  recoveryKeyFile = join(directory, "recovery-key");
  writeFileSync(keyFile, "no key at all\n");
  writeFileSync(recoveryKeyFile, "AGE-SECRET-KEY-1\n");
});
afterAll(() => rm(directory, { recursive: true }));

function restore(...words: string[]) {
  const rest = ["--recovery-key-file", recoveryKeyFile, "--state", join(directory, "state")];
  return runInTest(["controller", "restore", ...words, ...rest], createTestTerminal());
}

test("an SFTP server needs the key that it must have, and the user's", async () => {
  expect((await restore("--from", source)).stderr).toContain("An SFTP server needs its host key.");
  const withoutKey = await restore("--from", source, "--host-key", hostKey);
  expect(withoutKey.stderr).toContain("An SFTP server needs the user's private key.");
});

test.each([
  [source, "nas ssh-ed25519 AAAA", "The hostKey of the SFTP server must be a public key"],
  ["sftp://nas/backups", hostKey, "'sftp://nas/backups' is not sftp://USER@HOST/PATH/FLEET/controller"],
  ["sftp://berth@nas/../x", hostKey, "The path of the SFTP server must be an absolute path"],
  [source, hostKey, "The key of the backups' SFTP server is no private SSH key that can be used"],
])("%s with %s is refused with one sentence", async (from, key, sentence) => {
  const { stderr, exitCode } = await restore("--from", from, "--host-key", key, "--key-file", keyFile);
  expect(stderr).toContain(sentence);
  expect(exitCode).toBe(2);
});
