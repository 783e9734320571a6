/** Where an owner's backups are: one repository for each, with a password of its own. Pure. */
import { restic } from "@berth/shared/backups/restic";
import type { GeneratedSecret } from "@berth/shared/catalog/schema";
import { BerthError } from "@berth/shared/errors";
import type { Backups, Fleet } from "@berth/shared/fleet/schema";
import type { Repository } from "@berth/shared/operations/backup-source";
import { imageReference, mirrorOf } from "../plan/containers.ts";
import { repositoryPasswordName, s3AccessKeyName, s3SecretKeyName, sftpKeyName } from "../plan/secret-names.ts";
import { writeSecretReference } from "../plan/secret-reference.ts";

export interface RepositoryContext {
  fleet: Fleet;
  /** Registry in front of every image, for a fleet that names none. */
  registryMirror: string | null;
  /** PEM that the target's certificate is checked with; null: publicly trusted. */
  ca: string | null;
  /** Present version of a secret; 1 for one that does not exist yet. */
  secretVersion: (name: string) => number;
}

export const repositoryPassword: GeneratedSecret = {
  length: 48,
  alphabet: "alphanumeric",
  permanent: "the backups in its repository are encrypted with it",
};

export function repositoryOf(owner: string, context: RepositoryContext): Repository {
  const { fleet, registryMirror, ca } = context;
  const { target } = requireBackups(fleet);
  const reference = (name: string) => writeSecretReference({ name, version: context.secretVersion(name) });
  const common = {
    owner,
    image: imageReference(restic.image, restic.version, mirrorOf(fleet, registryMirror)),
    password: reference(repositoryPasswordName(owner)),
  };
  if ("directory" in target) {
    const { directory } = target;
    return { ...common, location: `${directory}/${fleet.fleet}/${owner}`, directory, env: {}, ca: null };
  }
  if ("sftp" in target) {
    const { host, port, user, path, hostKey } = target.sftp;
    return {
      ...common,
      // Of two slashes the second is the path's own: one alone would begin in the user's home.
      location: `sftp://${user}@${host}:${port}/${path}/${fleet.fleet}/${owner}`,
      directory: null,
      env: {},
      ca: null,
      ssh: { privateKey: reference(sftpKeyName), hostKey },
    };
  }
  const { endpoint, bucket, region } = target.s3;
  return {
    ...common,
    location: `s3:${endpoint.replace(/\/+$/, "")}/${bucket}/${fleet.fleet}/${owner}`,
    directory: null,
    env: {
      AWS_ACCESS_KEY_ID: reference(s3AccessKeyName),
      AWS_SECRET_ACCESS_KEY: reference(s3SecretKeyName),
      ...(region === undefined ? {} : { AWS_DEFAULT_REGION: region }),
    },
    ca,
  };
}

/** Throws `request.invalid` for a fleet that says nothing of backups. */
export function requireBackups({ backups }: Fleet): Backups {
  if (backups !== undefined) return backups;
  throw new BerthError("request.invalid", "The fleet file does not say where backups are kept", {
    hint: "Give it a section `backups:` with a target, and apply it: docs/backups.md shows how",
  });
}

/** Secrets that the target cannot be reached without; a person gives them. */
export function targetSecrets({ target }: Backups): string[] {
  if ("s3" in target) return [s3AccessKeyName, s3SecretKeyName];
  return "sftp" in target ? [sftpKeyName] : [];
}
