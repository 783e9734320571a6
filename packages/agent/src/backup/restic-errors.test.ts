import type { Repository } from "@berth/shared/operations/backup-source";
import { describe, expect, it } from "vitest";
import { resticError } from "./restic-errors.ts";

const repository: Repository = {
  owner: "user1",
  image: "docker.io/restic/restic:0.18.1",
  location: "s3:https://s3.example.org/berth/user1",
  directory: null,
  password: "the-password",
  env: { AWS_SECRET_ACCESS_KEY: "the-secret-key" },
  ca: null,
};

describe.each([
  [12, "Fatal: wrong password or no key found", "unauthenticated", "password of user1's backup repository is wrong"],
  [1, "Fatal: unable to save snapshot: write /b/data/00/x: no space left on device", "disk.full", "is full"],
  [1, "Fatal: ciphertext verification failed", "backup.damaged", "repository is damaged"],
  [1, "Fatal: cannot dump file: ReadFull(<data/16af>): file is too short", "backup.damaged", "repository is damaged"],
  [1, "dial tcp 10.0.0.1:443: connect: connection refused", "store.failed", "does not answer"],
  [1, "Fatal: create key in repository at x failed: Access Denied.", "forbidden", "does not let Berth in"],
  [11, "unable to create lock in backend", "conflict", "is in use by another operation"],
  [10, "Fatal: repository does not exist", "not-found", "There is no backup repository of user1"],
  [1, 'no matching ID found for prefix "abc"', "not-found", "has no such snapshot"],
  [2, "panic: something else", "store.failed", "restic backup ended with exit code 2: panic: something else"],
] as const)("exit code %i, %s", (exitCode, text, code, sentence) => {
  it(`is ${code}`, () => {
    const error = resticError(repository, "restic backup", exitCode, text);
    expect(error.code).toBe(code);
    expect(error.message).toContain(sentence);
  });
});

it("repeats no secret", () => {
  const text = "Fatal: the-password and the-secret-key at rest:https://user:hidden@example.org/";
  const { message } = resticError(repository, "restic backup", 1, text);
  expect(message).not.toMatch(/the-password|the-secret-key|hidden/);
  expect(message).toContain("[REDACTED]");
});

describe.each([
  [
    "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nThe fingerprint for the ED25519 key sent by the remote host is\nSHA256:QNzjRTs2Xi8q0aZ0a0a0a0a0a0a0a0a0a0a0a0a0a0A.\nHost key verification failed.",
    "ssh.host-key",
    "presents the SSH host key SHA256:QNzjRTs2Xi8q0aZ0a0a0a0a0a0a0a0a0a0a0a0a0a0A, but SHA256:",
  ],
  ["No ED25519 host key is known for backup-target", "ssh.host-key", "presents another SSH host key, but SHA256:"],
  ["berth@nas: Permission denied (publickey,password).", "forbidden", "does not accept Berth's key"],
  ["ssh: connect to host nas port 22: Connection refused", "store.failed", "does not answer"],
  ["ssh: Could not resolve hostname nas: Name or service not known", "store.failed", "does not answer"],
  ["subsystem request failed on channel 0", "store.failed", "gives this user no SFTP"],
  ["/etc/berth/ssh/connect: 2: ssh: not found", "store.failed", "has no SSH client"],
  ["Fatal: Save(<lock/1>) failed: sftp: no space left on device", "disk.full", "is full"],
  ["Timeout, server nas not responding.\nFatal: connection lost", "store.failed", "broke off"],
  ["unable to start the sftp session, error: unexpected EOF", "store.failed", "broke off"],
  ["Fatal: create repository: mkdir /backups/x: permission denied", "forbidden", "may not write there"],
  ['sftp: "Failure" (SSH_FX_FAILURE)', "store.failed", "could not do what it was asked to"],
  ["Fatal: ciphertext verification failed", "backup.damaged", "repository is damaged"],
] as const)("of an SFTP server, %s", (text, code, sentence) => {
  const ssh = { privateKey: "-----BEGIN X-----\nc2VjcmV0\n-----END X-----", hostKey: "ssh-ed25519 AAAAC3Nz" };
  const target = { ...repository, location: "sftp://berth@nas:22//backups/user1", env: {}, ssh };
  it(`is ${code}`, () => {
    const error = resticError(target, "restic backup", 1, `subprocess connect: ${text}\nc2VjcmV0`);
    expect(error.code).toBe(code);
    expect(error.message).toContain(sentence);
    expect(error.message).not.toContain("c2VjcmV0");
  });
});
