/** What backups are planned from: the present fleet, and how its target is reached. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Catalog } from "@berth/shared/catalog/schema";
import { BerthError } from "@berth/shared/errors";
import type { Backups, Fleet } from "@berth/shared/fleet/schema";
import type { Desired, DesiredOptions } from "../plan/desired.ts";
import { sftpKeyName } from "../plan/secret-names.ts";
import type { Secrets } from "../secrets/open.ts";
import { requireBackups, targetSecrets, type RepositoryContext } from "./repository.ts";
import type { SubjectsContext } from "./subjects.ts";

export type PresentFleet = SubjectsContext & RepositoryContext & Pick<DesiredOptions, "controllerCa">;

export interface PresentFleetDependencies {
  /** Throws `not-found` before the first apply. */
  fleet: () => Promise<Fleet>;
  catalogOf: (fleet: Fleet) => Catalog;
  desired: (fleet: Fleet) => Desired;
  secrets: Pick<Secrets, "version">;
  registryMirror: string | null;
  controllerCa: string;
  /** What relative paths of the fleet file are under. */
  configurationDirectory: string;
}

/** Throws `request.invalid` where the fleet has no target for backups, or the target's keys or CA are missing. */
export async function readPresentFleet(dependencies: PresentFleetDependencies): Promise<PresentFleet> {
  const { secrets, registryMirror, controllerCa } = dependencies;
  const fleet = await dependencies.fleet();
  const backups = requireBackups(fleet);
  requireTargetKeys(backups, secrets);
  return {
    fleet,
    catalog: dependencies.catalogOf(fleet),
    desired: dependencies.desired(fleet),
    secretVersion: (name) => secrets.version(name) ?? 1,
    registryMirror,
    controllerCa,
    ca: await readTargetCa(backups, dependencies.configurationDirectory),
  };
}

/** Throws `request.invalid` where the target's keys are missing. */
export function requireTargetKeys(backups: Backups, secrets: Pick<Secrets, "version">): void {
  const missing = targetSecrets(backups).filter((name) => secrets.version(name) === null);
  if (missing.length === 0) return;
  throw new BerthError("request.invalid", `The keys of the backup target are not set: ${missing.join(", ")}`, {
    hint: missing
      .map((name) => `\`berth secret set ${name}${name === sftpKeyName ? " --from-file FILE" : ""}\``)
      .join(", "),
  });
}

/** PEM that the target's certificate is checked with; null: publicly trusted. */
export async function readTargetCa({ target }: Backups, directory: string): Promise<string | null> {
  const file = "s3" in target ? target.s3.caFile : undefined;
  if (file === undefined) return null;
  const path = resolve(directory, file);
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new BerthError("request.invalid", `The CA of the backups' S3 store cannot be read from ${path}`, {
      hint: "backups.target.s3.caFile names a file on the controller's machine",
      cause: error,
    });
  }
}
