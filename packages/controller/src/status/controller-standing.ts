/** How the controller's own backup stands, from what is recorded of it. Pure. */
import type { LateBackup } from "@berth/shared/api/backups";
import type { ControllerBackup } from "@berth/shared/api/recovery";
import type { ControllerStanding } from "@berth/shared/api/status";
import { controllerOwner } from "../recovery/store.ts";

export interface StandingQuestion {
  /** The newest first. */
  backups: readonly ControllerBackup[];
  /** The present one; null: none was needed yet. */
  key: ControllerStanding["recoveryKey"];
  /** Of all owners. */
  late: readonly LateBackup[];
}

export function controllerStanding({ backups, key, late }: StandingQuestion): ControllerStanding {
  const newest = backups.find(({ state }) => state === "complete");
  // One that is being made is yet to say.
  const last = backups.find(({ state }) => state !== "running");
  return {
    newest:
      newest === undefined
        ? null
        : { id: newest.id, createdAt: newest.createdAt, bytes: newest.bytes, keyVersion: newest.keyVersion },
    failed: last?.state === "failed" ? { id: last.id, createdAt: last.createdAt, error: last.error } : null,
    lateSince: late.find(({ owner }) => owner === controllerOwner)?.dueAt ?? null,
    recoveryKey: key === null ? null : { version: key.version, shownAt: key.shownAt },
  };
}
