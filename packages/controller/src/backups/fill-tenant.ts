/** How a new tenant comes to what a backup of another one holds: after its databases and the like, before its instances. Pure. */
import type { Backup } from "@berth/shared/api/backups";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import { operationId } from "../plan/identify.ts";
import { planRestore } from "./plan-restore.ts";
import type { PresentFleet } from "./present-fleet.ts";
import { backupSubjects, type BackupSubject } from "./subjects.ts";

export interface Filling {
  backup: Backup;
  /** The new tenant. */
  tenant: string;
}

export interface FilledTenant {
  /** What is done besides what takes the tenant in: `taken`. */
  besides: (taken: readonly PlannedOperation[]) => PlannedOperation[];
  /** No instance starts before what it holds is there. */
  arrange: (operations: readonly PlannedOperation[]) => PlannedOperation[];
  warnings: string[];
}

/** `fleet`: with the new tenant in it. */
export function fillTenant({ backup, tenant }: Filling, fleet: PresentFleet): FilledTenant {
  const inBackup = (subject: string) => `${backup.owner}${subject.slice(tenant.length)}`;
  const own = backupSubjects(fleet).filter(({ owner }) => owner === tenant);
  const isThere = ({ subject }: BackupSubject) => backup.parts.some((part) => part.subject === inBackup(subject));
  const subjects = own.filter(isThere);
  const planned = (after: readonly string[]) =>
    planRestore(
      subjects.map((subject) => ({ backup, from: inBackup(subject.subject), subject, after, rekeyed: null })),
      fleet,
    );
  const instances = new Set(
    fleet.desired.instances.filter(({ spec }) => spec.tenant === tenant).map(({ spec }) => spec.instance),
  );
  return {
    besides(taken) {
      const needs = taken
        .filter(({ kind, target }) => kind === "instance.ensure" && instances.has(target))
        .flatMap(({ after }) => after);
      const after = [...new Set([...needs, operationId("buckets.ensure", tenant)])];
      const known = new Set(taken.map(({ id }) => id));
      return planned(after)
        .operations.filter(({ id }) => !known.has(id))
        .map((operation) => onNewNode(operation));
    },
    arrange: (operations) => {
      const restored = new Set(operations.filter(({ kind }) => kind === "backup.restore").map(({ id }) => id));
      return operations.map((operation) => {
        if (operation.kind !== "instance.ensure" || !instances.has(operation.target)) return operation;
        const holds = [operation.target, tenant].map((subject) => operationId("backup.restore", subject));
        return { ...operation, after: [...operation.after, ...holds.filter((id) => restored.has(id))] };
      });
    },
    warnings: [
      ...leftOut(
        backup,
        subjects.map(({ subject }) => inBackup(subject)),
        tenant,
      ),
      ...own
        .filter((one) => !isThere(one))
        .map(({ subject }) => `${subject} begins empty: the backup has nothing of ${inBackup(subject)}`),
      ...planned([]).warnings,
    ],
  };
}

/** Its agent pulls the images, once it is there. */
function onNewNode(operation: PlannedOperation): PlannedOperation {
  if (operation.kind !== "image.ensure") return operation;
  return { ...operation, after: [operationId("agent.ensure", operation.input.node)] };
}

function leftOut({ parts }: Backup, taken: readonly string[], tenant: string): string[] {
  return parts
    .filter(({ subject }) => !taken.includes(subject))
    .map(({ subject }) => `${tenant} has no place for what ${subject} held: it stays in the backup`);
}
