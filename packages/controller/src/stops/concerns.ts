/** Which part of a plan is about instances that are stopped or started. Pure. */
import type { Placement } from "@berth/shared/fleet/instances";
import { allNeeds } from "@berth/shared/fleet/needs";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import { bucketsOwner } from "../plan/desired-needs.ts";

/**
 * From where logins are let in is written for a whole server: it is told, and mended, with whichever database. Only so is
 * the login of what stops shut out.
 */
export function concernsStopped(operation: PlannedOperation, meant: readonly Placement[]): boolean {
  if (operation.kind === "database.ensure") return meant.some(hasLogin);
  return operation.kind === "instance.remove" && isMeant(operation.input.instance, meant);
}

/** What the instances need, and what is needed of them: a store that was stopped has missed what was asked for meanwhile. */
export function concernsStarted(operation: PlannedOperation, meant: readonly Placement[]): boolean {
  switch (operation.kind) {
    case "instance.ensure":
    case "instance.remove":
      return isMeant(operation.input.instance, meant);
    case "database.ensure":
    case "collections.ensure":
      return isMeant(operation.input.instance, meant) || isMeant(operation.input.server, meant);
    case "buckets.ensure": {
      const { owner, server } = operation.input;
      return isMeant(server, meant) || meant.some((placement) => bucketsOwner(placement) === owner);
    }
    case "models.ensure":
      return isMeant(operation.input.server, meant);
    default:
      return false;
  }
}

function hasLogin({ service }: Placement): boolean {
  return allNeeds(service, service.uses).some(({ kind }) => kind === "database");
}

function isMeant(name: string, meant: readonly Placement[]): boolean {
  return meant.some(({ instance }) => instance === name);
}
