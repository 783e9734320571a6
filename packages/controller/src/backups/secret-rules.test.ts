import { expect, test } from "vitest";
import {
  keptSecretName,
  repositoryPasswordName,
  s3AccessKeyName,
  s3SecretKeyName,
  sftpKeyName,
} from "../plan/secret-names.ts";
import { keptSecrets } from "./kept-secrets.ts";
import { backupSecret } from "./secret-rules.ts";

test("keys of the target are given and given anew; what backups are read with is not replaced", () => {
  for (const name of [s3AccessKeyName, s3SecretKeyName, sftpKeyName])
    expect(backupSecret(name)).toMatchObject({ isReplaceable: true });
  for (const name of [repositoryPasswordName("user1"), keptSecretName("user1", "user1-n8n/encryptionKey")])
    expect(backupSecret(name)).toMatchObject({
      isReplaceable: false,
      note: expect.stringContaining("backups of user1"),
    });
});

test("other names are none of backups' secrets, mistyped ones neither", () => {
  for (const name of ["user1-n8n/database", "backup/s3accesskey", "backup-user1/passwort"])
    expect(backupSecret(name)).toBeNull();
});

test("a copy is told from those of an instance whose name begins alike", () => {
  const list = () =>
    ["user1-n8n-encryptionKey", "user1-n8n-extra-encryptionKey", "password"].map((key) => ({
      name: `backup-user1/${key}`,
      version: 2,
      createdAt: "2026-11-24T02:00:00.000Z",
      kept: 1,
    }));
  expect(keptSecrets({ owner: "user1", subject: "user1-n8n" }, { list })).toEqual([
    { secret: "user1-n8n/encryptionKey", copy: "backup-user1/user1-n8n-encryptionKey", version: 2 },
  ]);
});
