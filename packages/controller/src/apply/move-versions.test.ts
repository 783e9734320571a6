import { catalog } from "@berth/shared/catalog/index";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import { expect, test } from "vitest";
import type { Observed } from "../plan/observed.ts";
import { planFleet } from "../plan/plan.ts";
import { emptyWorld, exampleDesired, performAll } from "../plan/test-fixtures.ts";
import { checkGraph } from "../runs/graph.ts";
import { isRecorded, versionMoves } from "./check-versions.ts";
import { moveVersions } from "./move-versions.ts";

const desired = exampleDesired();
const settings = { batch: 1, minHealthySeconds: 30 };

/** The fleet as it is wanted, but for the versions that these instances run, without their images. */
function behind(running: Record<string, string>): Observed {
  const first = (): number => 0;
  const converged = performAll(emptyWorld(desired), planFleet(desired, emptyWorld(desired)).operations, first);
  const specifications = new Map(converged.specifications);
  const nodes = new Map(converged.nodes);
  for (const { spec } of desired.instances) {
    const { instance, node: name } = spec;
    const version = running[instance];
    const node = nodes.get(name);
    if (version === undefined || node === undefined || node.instances === "unseen") continue;
    const hash = `former ${instance}`;
    specifications.set(hash, { ...spec, version, hash });
    const placed = { hash, version, service: spec.service, state: "healthy", drift: [] } as const;
    nodes.set(name, { ...node, images: new Set(), instances: new Map([...node.instances, [instance, placed]]) });
  }
  return { ...converged, nodes, specifications };
}

function plan(running: Record<string, string>, batch = settings.batch): PlannedOperation[] {
  const observed = behind(running);
  const { operations } = planFleet(desired, observed);
  const moves = versionMoves(operations, observed, catalog).filter(isRecorded);
  const newId = (service: string): string => `${service}-1`;
  return moveVersions(operations, moves, { desired, catalog, settings: { ...settings, batch }, newId });
}

const upgradesOf = (operations: readonly PlannedOperation[]) =>
  operations.flatMap((operation) => (operation.kind === "instance.upgrade" ? [operation] : []));

const older = { "user1-n8n": "2.0.0", "user2-n8n": "2.0.0", "user3-n8n": "2.0.0" };

test("one instance goes first, then each batch after the one before, and none before all images are there", () => {
  const operations = plan(older, 2);
  checkGraph(operations);
  const upgrades = upgradesOf(operations);
  const images = operations.filter(({ kind, target }) => kind === "image.ensure" && target.includes("n8n"));
  expect(images).toHaveLength(3);
  for (const image of images) expect(upgrades[0]?.after).toContain(image.id);
  const within = (id: string): boolean => id.startsWith("instance.upgrade/");
  expect(upgrades.map(({ target, after }) => [target, after.filter(within)])).toEqual([
    ["user1-n8n", []],
    ["user2-n8n", ["instance.upgrade/user1-n8n"]],
    ["user3-n8n", ["instance.upgrade/user1-n8n"]],
  ]);
});

test("all that the version may migrate is copied, and the version is in the fleet's text already", () => {
  const [first] = upgradesOf(plan(older));
  expect(first?.input).toMatchObject({
    upgrade: "n8n-1",
    former: { version: "2.0.0" },
    checkpoint: { volumes: ["user1-n8n-data"], databases: [{ server: "shared-postgres", database: "user1_n8n" }] },
    minHealthySeconds: 30,
    maxFailures: 0,
    record: false,
  });
  expect(first?.reason).toContain("2.0.0");
});

test("what came after the instance comes after its upgrade, and whatever else is planned stays", () => {
  const operations = plan({ "shared-qdrant": "v1.0.0", "user1-openwebui": "v0.1.0" });
  checkGraph(operations);
  const upgrades = upgradesOf(operations);
  expect(upgrades.map(({ target }) => target)).toEqual(["shared-qdrant", "user1-openwebui"]);
  expect(upgrades[1]?.after).toContain("instance.upgrade/shared-qdrant");
  expect(operations.filter(({ kind }) => kind === "instance.ensure")).toEqual([]);
  expect(plan({})).toEqual([]);
});

test("services do not wait for each other", () => {
  const upgrades = upgradesOf(plan({ ...older, "user1-flowise": "3.0.0" }));
  const flowise = upgrades.find(({ target }) => target === "user1-flowise");
  expect(flowise?.after.some((id) => id.startsWith("instance.upgrade/"))).toBe(false);
});
