/** Backups of every tenant and of one shared service, night after night. */
import { backupSchema, type Backup } from "@berth/shared/api/backups";
import type { ControllerStanding, InstanceStatus, OwnerBackups } from "@berth/shared/api/status";
import { gib, mib } from "./fleet.ts";

const hour = 3_600_000;
export const nightly = 24 * hour;

/** One of a tenant as a whole: each of its instances, and its buckets. */
export function makeBackup(
  owner: string,
  createdAt: number,
  instances: readonly InstanceStatus[],
  changes: Partial<Backup> = {},
): Backup {
  const own = instances.filter(({ tenant, name }) => (tenant ?? name) === owner);
  const parts = own.map(({ name, node, service }, index) => ({
    subject: name,
    node,
    state: "complete",
    snapshots: [
      {
        ...{ kind: "volume", name: service === "openwebui" ? "open-webui" : "data", snapshot: `v${index}${owner}` },
        ...{ bytes: (1.2 + index) * gib, addedBytes: 3.4 * mib, counts: { files: 1284 + index } },
      },
      {
        ...{
          kind: "database",
          name: "database",
          snapshot: `d${index}${owner}`,
          bytes: 348 * mib,
          addedBytes: 0.4 * mib,
        },
        counts: {},
      },
    ].slice(0, service === "openwebui" ? 1 : 2),
    stoppedMilliseconds: service === "openwebui" ? 4300 : 0,
  }));
  const buckets = {
    ...{ subject: owner, node: own[0]?.node ?? owner, state: "complete", stoppedMilliseconds: 0 },
    snapshots: [
      {
        ...{ kind: "buckets", name: "buckets", snapshot: `b${owner}`, bytes: 88 * mib, addedBytes: 0 },
        counts: { [`${owner}-uploads`]: 412, [`${owner}-exports`]: 7 },
      },
    ],
  };
  const moment = new Date(createdAt).toISOString();
  return backupSchema.parse({
    ...{ id: `${owner}-${moment.slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-")}-3f2a`, owner, subject: owner },
    ...{
      run: 7,
      createdAt: moment,
      state: "complete",
      reason: "schedule",
      secrets: [],
      provenAt: null,
      location: null,
    },
    verifiedAt: new Date(createdAt + 40 * 60_000).toISOString(),
    parts: rounded([...parts, buckets]),
    ...changes,
  });
}

/** Sizes in whole bytes, as the contract asks for. */
function rounded(parts: readonly { snapshots: readonly { bytes: number; addedBytes: number }[] }[]) {
  return parts.map((part) => ({
    ...part,
    snapshots: part.snapshots.map((one) => ({
      ...one,
      bytes: Math.round(one.bytes),
      addedBytes: Math.round(one.addedBytes),
    })),
  }));
}

/** The last three nights of each tenant; what user1 holds was restored once. */
export function makeBackups(now: number, instances: readonly InstanceStatus[]): Backup[] {
  const tenants = new Set(instances.flatMap(({ tenant }) => tenant ?? []));
  return [...tenants]
    .flatMap((tenant, index) =>
      [0, 1, 2].map((night) => {
        const at = now - 9 * hour - index * 7 * 60_000 - night * nightly;
        const proven = tenant === "user1" && night === 1 ? new Date(at + 5 * hour).toISOString() : null;
        return makeBackup(tenant, at, instances, { provenAt: proven });
      }),
    )
    .toSorted((a, b) => b.createdAt.localeCompare(a.createdAt));
}

/** As the controller sums them up: `late` are owners with the time their backup was due. */
export function ownersOf(
  owners: readonly string[],
  backups: readonly Backup[],
  late: Readonly<Record<string, string>> = {},
): OwnerBackups[] {
  return owners.map((owner) => {
    const own = backups.filter((backup) => backup.owner === owner && backup.subject === owner);
    const newest = own.find(({ state }) => state === "complete");
    const last = own.find(({ state }) => state !== "running");
    return {
      owner,
      newest: newest
        ? {
            ...{ id: newest.id, createdAt: newest.createdAt, verifiedAt: newest.verifiedAt, provenAt: newest.provenAt },
            bytes: newest.parts.flatMap((part) => part.snapshots).reduce((sum, { bytes }) => sum + bytes, 0),
          }
        : null,
      failed:
        last?.state === "failed" || last?.state === "lost"
          ? { id: last.id, run: last.run, createdAt: last.createdAt, state: last.state }
          : null,
      lateSince: late[owner] ?? null,
      provenAt:
        own
          .flatMap(({ provenAt }) => provenAt ?? [])
          .toSorted()
          .at(-1) ?? null,
    };
  });
}

/** Of a controller that was backed up in the night, and whose key somebody keeps. */
export function controllerStandingOf(now: number, changes: Partial<ControllerStanding> = {}): ControllerStanding {
  const at = (ago: number) => new Date(now - ago).toISOString();
  return {
    newest: { id: "controller-newest", createdAt: at(8 * hour), bytes: Math.round(1.3 * mib), keyVersion: 1 },
    ...{ failed: null, lateSince: null, recoveryKey: { version: 1, shownAt: at(5 * nightly) } },
    ...changes,
  };
}
