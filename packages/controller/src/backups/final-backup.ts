import type { PlannedOperation } from "@berth/shared/operations/plan";
import { planBackups } from "./plan-backup.ts";
import type { RepositoryContext } from "./repository.ts";
import { chooseSubjects, type SubjectsContext } from "./subjects.ts";

/**
 * What `tenant remove` begins with: everything else of its run comes after these. Recorded by `followBackups` when the
 * run ends, as `final` by the run's kind. Throws `conflict` for a tenant that is suspended. Pure.
 */
export function finalBackup(
  tenant: string,
  id: string,
  context: SubjectsContext & RepositoryContext,
): PlannedOperation[] {
  return planBackups([{ id, subjects: chooseSubjects(tenant, context) }], context);
}
