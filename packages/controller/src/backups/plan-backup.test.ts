import { operations } from "@berth/shared/operations/index";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import { expect, test } from "vitest";
import { checkGraph } from "../runs/graph.ts";
import { finalBackup } from "./final-backup.ts";
import { byOwner, planBackups } from "./plan-backup.ts";
import { backupSubjects, chooseSubjects, restingNotes } from "./subjects.ts";
import { fleetWithBackups, presentFleet } from "./test-fixtures.ts";

const present = presentFleet();

function planOf(of: string | null, context = present): PlannedOperation[] {
  const owners = byOwner(chooseSubjects(of, context));
  return planBackups(
    [...owners].map(([owner, subjects]) => ({ id: `${owner}-20261124-020000-3f2a`, subjects })),
    context,
  );
}

function created(plan: readonly PlannedOperation[]): PlannedOperation<"backup.create">[] {
  return plan.flatMap((operation) => (operation.kind === "backup.create" ? [operation] : []));
}

test("a tenant's backup is of each instance that holds something, and of its buckets", () => {
  const parts = created(planOf("user1")).map(({ target, node, input }) => [
    target,
    node,
    input.stop,
    input.sources.map(({ name }) => name),
  ]);
  expect(parts).toEqual([
    ["user1-openwebui", "user1", true, ["data", "collections"]],
    ["user1-n8n", "user1", false, ["data", "database"]],
    ["user1-flowise", "user1", false, ["data", "database", "collections"]],
    ["user1", "user1", false, ["buckets"]],
  ]);
});

test("every part goes to the owner's repository, with the owner's own credentials by reference", () => {
  const n8n = created(planOf("user1")).find(({ target }) => target === "user1-n8n")?.input;
  expect(n8n?.repository).toEqual({
    owner: "user1",
    image: "docker.io/restic/restic:0.18.1",
    location: "s3:https://s3.example.org/berth/valuechain/user1",
    directory: null,
    password: "${secret:backup-user1/password@1}",
    env: {
      AWS_ACCESS_KEY_ID: "${secret:backup/s3AccessKey@1}",
      AWS_SECRET_ACCESS_KEY: "${secret:backup/s3SecretKey@1}",
      AWS_DEFAULT_REGION: "eu-1",
    },
    ca: "PEM",
  });
  expect(n8n?.sources).toEqual([
    { kind: "volume", name: "data", volume: "user1-n8n-data" },
    {
      kind: "database",
      name: "database",
      image: expect.stringContaining("postgres:"),
      host: "10.0.6.10",
      port: 5432,
      database: "user1_n8n",
      user: "user1_n8n",
      password: "${secret:user1-n8n/database@1}",
    },
  ]);
});

test("a directory on the nodes is a target, too", () => {
  const fleet = fleetWithBackups({ directory: "/mnt/nas" });
  const [first] = created(planOf("user1", presentFleet(fleet)));
  expect(first?.input.repository).toMatchObject({
    location: "/mnt/nas/valuechain/user1",
    directory: "/mnt/nas",
    env: {},
    ca: null,
  });
});

test("an SFTP server is a target, too: its key by reference, and the only key that it may have itself", () => {
  const hostKey = `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${"a".repeat(43)}`;
  const sftp = { host: "nas.example.org", port: 2222, user: "berth", path: "/backups", hostKey };
  const [first] = created(planOf("user1", presentFleet(fleetWithBackups({ sftp }))));
  expect(first?.input.repository).toMatchObject({
    location: "sftp://berth@nas.example.org:2222//backups/valuechain/user1",
    directory: null,
    env: {},
    ssh: { privateKey: "${secret:backup/sftpKey@1}", hostKey },
  });
});

test("images come first, once for each node, and the plan is one that can be carried out", () => {
  const plan = planOf(null);
  checkGraph(plan);
  for (const { kind, input } of plan) operations[kind].input.parse(input);
  const ids = plan.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const byId = new Map(plan.map((operation) => [operation.id, operation]));
  for (const { after, node } of created(plan)) {
    expect(after.map((id) => byId.get(id)?.kind)).toContain("image.ensure");
    expect(after.every((id) => byId.get(id)?.node === node)).toBe(true);
  }
});

test("shared instances are their own owners; shared stores have no backup beside those of whom they serve", () => {
  const shared = backupSubjects(present).filter(({ owner }) => owner.startsWith("shared-"));
  expect(shared.map(({ owner, stop, sources }) => [owner, stop, sources.map(({ name }) => name)])).toEqual([
    ["shared-langfuse", false, ["database", "buckets"]],
    ["shared-redis", false, ["data"]],
    ["shared-clickhouse", true, ["data"]],
    ["shared-neo4j", true, expect.arrayContaining(["data"])],
    ["shared-supabase", true, expect.arrayContaining(["storage"])],
  ]);
  expect(() => chooseSubjects("shared-postgres", present)).toThrow("holds nothing that is backed up by itself");
});

test("one instance alone; a name that nothing has; a tenant that is suspended", () => {
  expect(chooseSubjects("user1-n8n", present).map(({ subject }) => subject)).toEqual(["user1-n8n"]);
  expect(() => chooseSubjects("user9", present)).toThrow("No tenant or instance is named 'user9'");
  const fleet = fleetWithBackups();
  const tenants = { ...fleet.tenants, user2: { node: "user2", suspended: true, services: {} } };
  const context = presentFleet({ ...fleet, tenants });
  for (const name of ["user2", "user2-n8n"])
    expect(() => chooseSubjects(name, context)).toThrow("Tenant 'user2' is suspended");
  expect(backupSubjects(context).filter(({ owner }) => owner === "user2")).toEqual([]);
});

test("an instance that is suspended is not in its tenant's backup, and the final one waits for it", () => {
  const fleet = fleetWithBackups();
  const user2 = { node: "user2", suspended: false, services: { n8n: { env: {}, suspended: true } } };
  const context = presentFleet({ ...fleet, tenants: { ...fleet.tenants, user2 } });
  const subjects = chooseSubjects("user2", context).map(({ subject }) => subject);
  expect(subjects).toEqual(
    chooseSubjects("user2", present).flatMap(({ subject }) => (subject === "user2-n8n" ? [] : [subject])),
  );
  expect(restingNotes("user2", context)).toEqual([
    "user2-n8n is suspended: it is not in this backup of 'user2', and in the last one from before",
  ]);
  expect(restingNotes("user1", context)).toEqual([]);
  expect(() => chooseSubjects("user2-n8n", context)).toThrow("user2-n8n is suspended: its databases let nobody in");
  expect(() => finalBackup("user2", "user2-20261124-020000-3f2a", context)).toThrow("user2-n8n is suspended");
});

test("a tenant that holds nothing has no final backup", () => {
  const fleet = fleetWithBackups();
  const { minio: _, ...shared } = fleet.services.shared;
  const services = { shared, tenant: {} };
  const context = presentFleet({ ...fleet, services });
  expect(finalBackup("user1", "user1-20261124-020000-3f2a", context)).toEqual([]);
  expect(() => chooseSubjects("user1", context)).toThrow("user1 holds nothing that is backed up by itself");
  const made = created(finalBackup("user1", "user1-20261124-020000-3f2a", present));
  expect(made.map(({ target }) => target)).toContain("user1-n8n");
});

test("a fleet without a target says so", () => {
  const { backups: _, ...fleet } = fleetWithBackups();
  expect(() => planOf("user1", presentFleet(fleet))).toThrow("The fleet file does not say where backups are kept");
});
