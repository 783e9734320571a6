import { expect, test } from "vitest";
import type { Backup } from "@berth/shared/api/backups";
import { chooseRestored } from "./choose-restored.ts";
import { planRestore } from "./plan-restore.ts";
import { backupSubjects } from "./subjects.ts";
import { backup, fleetWithBackups, presentFleet } from "./test-fixtures.ts";

/** A backup of all that user1 has, as from this node. */
function wholeBackup(node: string): Backup {
  const own = backupSubjects(presentFleet()).filter(({ owner }) => owner === "user1");
  const parts = own.map(({ subject, sources }) => ({
    ...{ subject, node, state: "complete" as const, stoppedMilliseconds: 0 },
    snapshots: sources.map(({ kind, name }) => ({
      ...{ kind, name, snapshot: `${subject}/${name}`, bytes: 1, addedBytes: 1, counts: {} },
    })),
  }));
  return backup({ parts });
}

test.each(["user1", "user1-n8n"])("%s comes back to the node that it is on now, wherever its backup was made", (of) => {
  const fleet = fleetWithBackups();
  const nodes = { ...fleet.nodes, elsewhere: { ...fleet.nodes["user1"], address: "10.0.6.77" } };
  const { user1, ...others } = fleet.tenants;
  if (user1 === undefined) throw new Error("The example has no user1");
  const moved = presentFleet({ ...fleet, nodes, tenants: { ...others, user1: { ...user1, node: "elsewhere" } } });
  const { chosen } = chooseRestored({ of }, [wholeBackup("user1")], moved);
  const subjects = chosen.flatMap((one) =>
    one.subjects.map((subject) => ({
      ...{ backup: one.backup, from: subject.subject, subject, after: [], rekeyed: null },
    })),
  );
  const { operations, warnings } = planRestore(subjects, moved);
  expect(warnings).toEqual([]);
  expect(operations.map(({ node }) => node)).toEqual(operations.map(() => "elsewhere"));
  const restores = operations.filter(({ kind }) => kind === "backup.restore");
  expect(restores.map(({ target }) => target)).toContain("user1-n8n");
  for (const { input } of restores) expect(input).toMatchObject({ node: "elsewhere" });
});

/** Two that make one repository at once would leave it with two keys. On one node, the agent has them wait. */
test("all that goes into one repository comes from one node, so that no two nodes make it at once", () => {
  const fleet = fleetWithBackups();
  const { ollama } = fleet.services.shared;
  const shared = { ...fleet.services.shared, ...(ollama && { ollama: { ...ollama, replicas: ["user2"] } }) };
  for (const { fleet: each } of [presentFleet(), presentFleet({ ...fleet, services: { ...fleet.services, shared } })]) {
    const byOwner = Map.groupBy(backupSubjects(presentFleet(each)), ({ owner }) => owner);
    expect(byOwner.size).toBeGreaterThan(5);
    for (const [owner, subjects] of byOwner)
      expect([owner, new Set(subjects.map(({ node }) => node)).size]).toEqual([owner, 1]);
  }
});
