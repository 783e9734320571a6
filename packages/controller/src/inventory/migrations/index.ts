/**
 * Every migration, oldest first, under its number and name. Add a file `NNNN-name.ts` and a line here; never change one
 * that was released. They are imported, not read from a directory, so that a bundle carries them.
 */
import type { Migration } from "kysely/migration";
import { initial } from "./0001-initial.ts";
import { agents } from "./0002-agents.ts";
import { specifications } from "./0003-specifications.ts";
import { backups } from "./0004-backups.ts";
import { upgrades } from "./0005-upgrades.ts";
import { recovery } from "./0006-recovery.ts";
import { registryTags } from "./0007-registry-tags.ts";
import { backupLocations } from "./0008-backup-locations.ts";
import { proofs } from "./0009-proofs.ts";
import { looks } from "./0010-looks.ts";
import { registryDigests } from "./0011-registry-digests.ts";
import { accessTokens } from "./0012-access-tokens.ts";
import { alerts } from "./0013-alerts.ts";
import { phases } from "./0014-phases.ts";

export const migrations: Readonly<Record<string, Migration>> = {
  "0001-initial": initial,
  "0002-agents": agents,
  "0003-specifications": specifications,
  "0004-backups": backups,
  "0005-upgrades": upgrades,
  "0006-recovery": recovery,
  "0007-registry-tags": registryTags,
  "0008-backup-locations": backupLocations,
  "0009-proofs": proofs,
  "0010-looks": looks,
  "0011-registry-digests": registryDigests,
  "0012-access-tokens": accessTokens,
  "0013-alerts": alerts,
  "0014-phases": phases,
};
