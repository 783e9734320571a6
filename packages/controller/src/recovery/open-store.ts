/** The fleet's backup target, as the controller itself reaches it. */
import type { Fleet } from "@berth/shared/fleet/schema";
import { requireBackups } from "../backups/repository.ts";
import { readTargetCa, requireTargetKeys } from "../backups/present-fleet.ts";
import { s3AccessKeyName, s3SecretKeyName, sftpKeyName } from "../plan/secret-names.ts";
import type { Secrets } from "../secrets/open.ts";
import { directoryStore } from "./directory-store.ts";
import { s3Store } from "./s3-store.ts";
import { sftpStore } from "./sftp-store.ts";
import { controllerOwner, type ArchiveStore } from "./store.ts";

export interface OpenStoreDependencies {
  secrets: Pick<Secrets, "reveal" | "version">;
  configurationDirectory: string;
}

/** Throws `request.invalid` where the fleet has no target, or the target's keys or CA are missing. */
export async function openStore(fleet: Fleet, dependencies: OpenStoreDependencies): Promise<ArchiveStore> {
  const { secrets, configurationDirectory } = dependencies;
  const backups = requireBackups(fleet);
  const { target } = backups;
  const below = [fleet.fleet, controllerOwner];
  if ("directory" in target) return directoryStore(target.directory, below);
  requireTargetKeys(backups, secrets);
  if ("sftp" in target) return sftpStore({ ...target.sftp, privateKey: secrets.reveal(sftpKeyName) }, below);
  return s3Store(
    {
      ...target.s3,
      accessKey: secrets.reveal(s3AccessKeyName),
      secretKey: secrets.reveal(s3SecretKeyName),
      ca: await readTargetCa(backups, configurationDirectory),
    },
    below,
  );
}
