/** The example fleet with backups, and records of backups. Pure. */
import type { Backup } from "@berth/shared/api/backups";
import { catalog } from "@berth/shared/catalog/index";
import { type Backups, backupsSchema, type Fleet } from "@berth/shared/fleet/schema";
import { desiredState } from "../plan/desired.ts";
import { desiredOptions, exampleFleet } from "../plan/test-fixtures.ts";
import type { PresentFleet } from "./present-fleet.ts";

export const s3Target = { s3: { endpoint: "https://s3.example.org/", bucket: "berth", region: "eu-1" } };

export function fleetWithBackups(target: Backups["target"] = s3Target, changes: Partial<Fleet> = {}): Fleet {
  return { ...exampleFleet(), backups: backupsSchema.parse({ target }), ...changes };
}

export function presentFleet(fleet = fleetWithBackups()): PresentFleet {
  return {
    fleet,
    catalog,
    desired: desiredState(fleet, desiredOptions),
    registryMirror: null,
    controllerCa: "CA",
    ca: "PEM",
    secretVersion: () => 1,
  };
}

export function backup(changes: Partial<Backup> = {}): Backup {
  return {
    id: "user1-20261124-020000-3f2a",
    owner: "user1",
    subject: "user1",
    run: 12,
    createdAt: "2026-11-24T02:00:00.000Z",
    state: "complete",
    reason: "schedule",
    location: null,
    parts: [],
    secrets: [],
    verifiedAt: null,
    provenAt: null,
    ...changes,
  };
}
