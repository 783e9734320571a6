import type { PlannedOperation } from "@berth/shared/operations/plan";
import { planBackups } from "./plan-backup.ts";
import type { RepositoryContext } from "./repository.ts";
import { type SubjectsContext, tenantSubjects } from "./subjects.ts";

/**
 * What `tenant remove` begins with: everything else of its run comes after these. Recorded by `followBackups` when the
 * run ends, as `final` by the run's kind. Empty for a tenant that holds nothing. Throws `conflict` for one that is suspended, or has an instance that is,
 * and `request.invalid` for a fleet without a target. Pure.
 */
export function finalBackup(
  tenant: string,
  id: string,
  context: SubjectsContext & RepositoryContext,
): PlannedOperation[] {
  return planBackups([{ id, subjects: tenantSubjects(tenant, context) }], context);
}
