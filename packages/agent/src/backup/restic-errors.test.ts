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
