import type { Repository } from "@berth/shared/operations/backup-source";
import { expect, it } from "vitest";
import { sshArguments, sshFiles } from "./ssh.ts";

const privateKey = "-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n-----END OPENSSH PRIVATE KEY-----";
const repository: Repository = {
  owner: "user1",
  image: "docker.io/restic/restic:0.18.1",
  location: "sftp://berth@nas.example.org:22//backups/user1",
  directory: null,
  password: "the-password",
  env: {},
  ca: null,
  ssh: { privateKey, hostKey: "ssh-ed25519 AAAAC3Nz root@nas" },
};

it("gives ssh one key, for itself alone, and one server's key", () => {
  const files = new Map(sshFiles(repository).map((file) => [file.path.split("/").at(-1), file]));
  expect(files.get("key")).toMatchObject({ content: `${privateKey}\n`, mode: 0o600 });
  expect(files.get("known_hosts")?.content).toBe("backup-target ssh-ed25519 AAAAC3Nz\n");
  const config = files
    .get("config")
    ?.content.split("\n")
    .map((line) => line.trim());
  const lines = ["HostName nas.example.org", "Port 22", "User berth", "StrictHostKeyChecking yes", "BatchMode yes"];
  expect(config).toEqual(expect.arrayContaining(lines));
});

it("has nothing of it in arguments, and none of it for other targets", () => {
  expect(sshArguments(repository).join(" ")).not.toContain("c2VjcmV0");
  const { ssh: _, ...other } = repository;
  expect([sshArguments(other), sshFiles(other)]).toEqual([[], []]);
});
