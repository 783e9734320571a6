import type { DatabaseNeed } from "@berth/shared/operations/database-ensure";
import type { Desired } from "../plan/desired.ts";

/** Databases that a fleet has on a server. */
export function databasesOf({ needs }: Desired, server: string): DatabaseNeed[] {
  return needs.flatMap((need) => (need.kind === "database.ensure" && need.server === server ? [need.input] : []));
}
