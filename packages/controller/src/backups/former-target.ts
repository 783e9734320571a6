/** Backups that are where the fleet kept its backups once. Pure. */
import type { Backup } from "@berth/shared/api/backups";
import { BerthError } from "@berth/shared/errors";
import { repositoryOf, type RepositoryContext } from "./repository.ts";

/** A sentence without its end; null: it is where the fleet keeps its backups now, as far as is known. */
export function formerTarget({ id, owner, location }: Backup, context: RepositoryContext): string | null {
  if (location === null || location === repositoryOf(owner, context).location) return null;
  return `The backup ${id} is at the former target ${location}`;
}

/** Throws `conflict`. */
export function refuseFormerTarget(backup: Backup, context: RepositoryContext): void {
  const former = formerTarget(backup, context);
  if (former === null) return;
  throw new BerthError("conflict", `${former}, and the fleet names another one`, {
    hint: "Give the fleet file its former target back and apply it; then restore",
  });
}
