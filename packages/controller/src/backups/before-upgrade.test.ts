import { expect, test } from "vitest";
import { checkGraph } from "../runs/graph.ts";
import { backupsOfUpgrade, planBackupsOfUpgrade } from "./before-upgrade.ts";
import { presentFleet } from "./test-fixtures.ts";

const fleet = presentFleet();
const of = (...instances: string[]) => backupsOfUpgrade(instances, fleet).map((backup) => backup.of);

test("each instance is backed up by itself", () => {
  const backups = backupsOfUpgrade(["user1-n8n", "user2-n8n"], fleet);
  expect(backups.map(({ of: name, subjects }) => [name, subjects.map(({ subject }) => subject)])).toEqual([
    ["user1-n8n", ["user1-n8n"]],
    ["user2-n8n", ["user2-n8n"]],
  ]);
});

test("what is in a store is in the backups of those whom it serves, as a whole", () => {
  expect(of("shared-postgres")).toEqual(["shared-langfuse", "user1", "user2", "user3"]);
  expect(of("shared-qdrant")).toEqual(["user1", "user2", "user3"]);
  const [user1] = backupsOfUpgrade(["shared-qdrant"], fleet);
  expect(user1?.subjects.map(({ subject }) => subject)).toEqual([
    "user1-openwebui",
    "user1-n8n",
    "user1-flowise",
    "user1",
  ]);
});

test("what keeps nothing has none", () => {
  expect(of("shared-ollama", "shared-searxng")).toEqual([]);
});

test("each repository is read after all that goes into it", () => {
  const backups = backupsOfUpgrade(["user1-n8n", "user1-flowise"], fleet);
  const plan = planBackupsOfUpgrade(
    backups.map(({ of: name, subjects }) => ({ id: `${name}-20261124-020000-3f2a`, subjects })),
    fleet,
  );
  checkGraph(plan);
  expect(plan.find(({ id }) => id === "repository.check/user1")?.after).toEqual([
    expect.stringContaining("image.ensure/user1/"),
    "backup.create/user1-n8n",
    "backup.create/user1-flowise",
  ]);
  expect(plan.filter(({ kind }) => kind === "repository.check")).toHaveLength(1);
});
