import type { Backup, BackupPart } from "@berth/shared/api/backups";
import type { Proof } from "@berth/shared/api/drills";
import type { Snapshot } from "@berth/shared/operations/backup-source";
import { backupDrill } from "@berth/shared/operations/backup-drill";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import { describe, expect, test } from "vitest";
import { secretReferences } from "../plan/secret-reference.ts";
import { oneOfEachKind, withBackups } from "./drill-choice.ts";
import { drillCandidates, planDrills } from "./drill-plan.ts";
import { proofsOfRun, provenAt } from "./drill-records.ts";
import { drillReference, drillValues } from "./drill-secrets.ts";
import { backupSubjects } from "./subjects.ts";
import { backup, presentFleet } from "./test-fixtures.ts";

const fleet = presentFleet();

/** As backups of everything that the fleet holds would be recorded. */
function recorded(changes: Partial<BackupPart> = {}): Backup[] {
  const owners = Map.groupBy(backupSubjects(fleet), ({ owner }) => owner);
  return [...owners].map(([owner, subjects]) => {
    const parts = subjects.map(({ subject, node, sources }): BackupPart => {
      const snapshots = sources.map(({ kind, name }): Snapshot => {
        return { kind, name, snapshot: `${subject}/${name}`, bytes: 1, addedBytes: 1, counts: {} };
      });
      return { subject, node, state: "complete", snapshots, stoppedMilliseconds: 0, ...changes };
    });
    const secrets = [
      { secret: `${owner}-n8n/encryptionKey`, copy: `backup-${owner}/${owner}-n8n-encryptionKey`, version: 3 },
    ];
    return backup({ id: `${owner}-20261124-020000-3f2a`, owner, subject: owner, parts, secrets });
  });
}

function drills(backups = recorded()): PlannedOperation<"backup.drill">[] {
  const { chosen } = withBackups(drillCandidates(fleet), backups);
  return planDrills(chosen, fleet).operations.flatMap((one) => (one.kind === "backup.drill" ? [one] : []));
}

function drillOf(subject: string, backups = recorded()) {
  const found = drills(backups).find(({ target }) => target === subject);
  if (found === undefined) throw new Error(`${subject} is not drilled`);
  return found.input;
}

describe("the plan of a drill", () => {
  test("fits its operation for everything that a fleet holds", () => {
    const all = drills();
    expect(all.length).toBe(backupSubjects(fleet).length);
    for (const { input } of all) expect(() => backupDrill.input.parse(input)).not.toThrow();
  });

  test("has no way to any node of the fleet, and no secret of anybody else", () => {
    for (const { input } of drills()) {
      const { stores, needs, parts, service } = input;
      for (const source of [...needs, ...parts.map((part) => part.source)]) {
        for (const { address } of Object.values(fleet.fleet.nodes))
          expect(JSON.stringify(source)).not.toContain(address);
      }
      const own = new RegExp(`^(?:berth-drill|${input.subject}|backup-.*)/`);
      const references = secretReferences(JSON.stringify({ stores, needs, parts, service }));
      expect(references.map(({ name }) => name).filter((name) => !own.test(name))).toEqual([]);
    }
  });

  test("lets n8n find its database at the throw-away server, with the key that the backup was made with", () => {
    const { stores, needs, parts, service } = drillOf("user1-n8n");
    expect(stores.map(({ instance }) => instance)).toEqual(["shared-postgres"]);
    const env = service?.containers[0]?.env;
    expect(env).toMatchObject({
      DB_POSTGRESDB_HOST: "shared-postgres",
      DB_POSTGRESDB_PORT: "5432",
      DB_POSTGRESDB_PASSWORD: "${secret:berth-drill/database@1}",
      N8N_ENCRYPTION_KEY: "${secret:backup-user1/user1-n8n-encryptionKey@3}",
    });
    expect(env).not.toHaveProperty("CREDENTIALS_OVERWRITE_DATA");
    expect(needs).toMatchObject([{ kind: "database", host: "shared-postgres", superuser: "postgres" }]);
    expect(parts.map(({ source }) => source.kind)).toEqual(["volume", "database"]);
    expect(parts[1]?.source).toMatchObject({ host: "shared-postgres", password: env?.["DB_POSTGRESDB_PASSWORD"] });
  });

  test("gives an instance the stores that it shares with others, empty", () => {
    const { stores, needs, parts, service } = drillOf("user1-flowise");
    expect(stores.map(({ instance }) => instance).toSorted()).toEqual([
      "shared-minio",
      "shared-postgres",
      "shared-qdrant",
    ]);
    expect(needs.map(({ kind }) => kind).toSorted()).toEqual(["buckets", "collections", "database"]);
    expect(parts.map(({ source }) => source.kind)).not.toContain("buckets");
    const store = stores.find(({ instance }) => instance === "shared-minio")?.containers[0]?.env;
    expect(store?.["MINIO_ROOT_USER"]).toBe(service?.containers[0]?.env["S3_STORAGE_ACCESS_KEY_ID"]);
    expect(store?.["MINIO_ROOT_PASSWORD"]).toBe(service?.containers[0]?.env["S3_STORAGE_SECRET_ACCESS_KEY"]);
    expect(service?.containers[0]?.env["S3_ENDPOINT_URL"]).toBe("http://shared-minio:9000");
  });

  test("starts what a composite service needs before it, and nothing for buckets", () => {
    const langfuse = drillOf("shared-langfuse");
    expect(langfuse.stores.map(({ instance }) => instance)).toEqual(
      expect.arrayContaining(["shared-postgres", "shared-redis", "shared-clickhouse"]),
    );
    expect(langfuse.service?.containers.map(({ name }) => name)).toEqual(["shared-langfuse", "shared-langfuse-worker"]);
    const buckets = drillOf("user1");
    expect(buckets).toMatchObject({ service: null, stores: [{ instance: "shared-minio" }] });
  });

  test("starts the version that the data are of, where the backup says it", () => {
    expect(drillOf("user1-n8n", recorded({ version: "2.40.0" })).service?.version).toBe("2.40.0");
    expect(drillOf("user1-n8n").service?.version).not.toBe("2.40.0");
  });

  test("leaves out, and says so, what the fleet has no place for any more", () => {
    const gone = { kind: "volume", name: "gone", snapshot: "a", bytes: 1, addedBytes: 1, counts: {} } as const;
    const { chosen } = withBackups(drillCandidates(fleet), recorded({ snapshots: [gone] }));
    const { operations, warnings } = planDrills(chosen.slice(0, 1), fleet);
    expect(operations).toEqual([]);
    expect(warnings[0]).toContain("has no place for its gone");
  });
});

describe("secrets of a drill", () => {
  const reference = drillReference({ owner: "user1", subject: "user1-n8n", kept: [] });

  test("are its own, but for the instance's", () => {
    expect(reference({ name: "user1-n8n/jwtSecret", version: 4 })).toBe("${secret:user1-n8n/jwtSecret@4}");
    expect(reference({ name: "user1-n8n/database", version: 4 })).toBe("${secret:berth-drill/database@1}");
    expect(reference({ name: "shared-redis/password", version: 2 })).toBe(
      "${secret:berth-drill/shared-redis-password@1}",
    );
  });

  test("are made anew for each dispatch, and the same within it", () => {
    const value = drillValues(() => "kept");
    expect(value({ name: "user1-n8n/jwtSecret", version: 4 })).toBe("kept");
    const made = value({ name: "berth-drill/database", version: 1 });
    expect(made).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(value({ name: "berth-drill/database", version: 1 })).toBe(made);
    expect(drillValues(() => "kept")({ name: "berth-drill/database", version: 1 })).not.toBe(made);
  });
});

function proof(subject: string, at: string): Proof {
  const measured = { seconds: null, memoryBytes: null };
  return {
    backup: "b",
    owner: "o",
    run: 1,
    by: "drill",
    level: "data",
    version: null,
    parts: [],
    subject,
    at,
    ...measured,
  };
}

describe("what is drilled", () => {
  const { chosen } = withBackups(drillCandidates(fleet), recorded());
  const ownersOf = (proofs: readonly Proof[]) =>
    new Set(oneOfEachKind(chosen, proofs).map(({ subject }) => subject.owner));
  const tenants = Object.keys(fleet.fleet.tenants);

  test("is one of each kind: every shared service, and the tenant that was proven longest ago", () => {
    const first = ownersOf([]);
    expect(tenants.filter((tenant) => first.has(tenant))).toEqual(["user1"]);
    expect(first).toContain("shared-langfuse");
    const proofs = chosen
      .filter(({ subject }) => subject.owner === "user1")
      .map(({ subject }) => proof(subject.subject, "2026-11-20T00:00:00.000Z"));
    expect(tenants.filter((tenant) => ownersOf(proofs).has(tenant))).toEqual(["user2"]);
    expect(tenants.filter((tenant) => ownersOf(proofs.slice(1)).has(tenant))).toEqual(["user1"]);
  });

  test("is the newest complete backup of each", () => {
    const older = backup({ id: "older", createdAt: "2026-11-23T02:00:00.000Z", parts: recorded()[0]?.parts ?? [] });
    const failed = backup({ ...older, id: "failed", state: "failed", createdAt: "2026-11-25T02:00:00.000Z" });
    const [candidate] = drillCandidates(fleet).filter(({ subject }) =>
      older.parts.some((part) => part.subject === subject),
    );
    if (candidate === undefined) throw new Error("nobody");
    expect(withBackups([candidate], [failed, older]).chosen[0]?.backup.id).toBe("older");
    expect(withBackups([candidate], [failed])).toMatchObject({ chosen: [], missing: [candidate.subject] });
  });
});

describe("a proof", () => {
  test("is of the whole backup once each of its parts has one", () => {
    const [nightly] = recorded();
    if (nightly === undefined) throw new Error("no backup");
    const proofs = nightly.parts.map(({ subject }, index) => ({
      ...proof(subject, `2026-11-2${index}T00:00:00.000Z`),
      backup: nightly.id,
    }));
    expect(provenAt(nightly, proofs)).toBe(proofs.at(-1)?.at);
    expect(provenAt(nightly, proofs.slice(1))).toBeNull();
  });

  test("is not made by a drill that failed", () => {
    const [first] = drills();
    if (first === undefined) throw new Error("no drill");
    const step = {
      ...first,
      position: 0,
      operationId: "u",
      attempt: 1,
      startedAt: null,
      endedAt: null,
      progress: null,
      phases: [],
      error: null,
    };
    const result = { level: "data", version: null, parts: [], seconds: 1, memoryBytes: 1 };
    const run = {
      id: 7,
      kind: "backup.drill",
      account: "a",
      createdAt: "2026-11-24T02:00:00.000Z",
      endedAt: null,
      cancelRequestedAt: null,
    };
    const of = (state: "succeeded" | "failed") =>
      proofsOfRun({ ...run, state, steps: [{ ...step, state, result: state === "failed" ? null : result }] }, []);
    expect(of("succeeded")).toMatchObject([{ subject: first.target, by: "drill", run: 7 }]);
    expect(of("failed")).toEqual([]);
  });
});
