import { readFileSync } from "node:fs";
import { catalog } from "@berth/shared/catalog/index";
import { setInFleet } from "@berth/shared/fleet/edit";
import { parseFleet } from "@berth/shared/fleet/parse";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import { describe, expect, test } from "vitest";
import { desiredState } from "../plan/desired.ts";
import { type ObservedNode, unseenNode } from "../plan/observed.ts";
import { refuseDowngrades, versionMoves, versionWarnings } from "./check-versions.ts";
import { FleetInvalid } from "./fleet-invalid.ts";

const example = readFileSync(new URL("../../../../examples/valuechain/fleet.yaml", import.meta.url), "utf8");
const file = "fleet.yaml";

/** What the text's plan does with the instances that run these versions. */
function planned(text: string, running: Record<string, string>) {
  const { fleet } = parseFleet(text, file, catalog);
  if (fleet === null) throw new Error("the example is no fleet");
  const desired = desiredState(fleet, {
    catalog,
    registryMirror: null,
    agentVersion: "0.1.0",
    secretVersion: () => 1,
    givenSecret: () => null,
  });
  const concerned = desired.instances.filter(({ spec }) => spec.instance in running);
  const operations = concerned.map(({ spec }): PlannedOperation<"instance.ensure"> => {
    const id = `instance.ensure/${spec.instance}`;
    const said = { reason: "version changed", after: [], target: spec.instance, node: spec.node };
    return { id, kind: "instance.ensure", change: "update", ...said, input: spec };
  });
  const nodes = new Map<string, ObservedNode>();
  for (const { spec } of concerned) {
    const { instance, service, node } = spec;
    const before = nodes.get(node)?.instances;
    const seen = { hash: "another", version: running[instance] ?? "", service, state: "healthy", drift: [] } as const;
    const instances = new Map([...(before instanceof Map ? before : []), [instance, seen] as const]);
    nodes.set(node, { ...unseenNode, instances });
  }
  return { moves: versionMoves(operations, { nodes }, catalog), fleet, text, file };
}

const n8n = (version: string) => setInFleet(example, ["services", "tenant", "n8n"], { version });

describe("a newer version of a service whose data know no way back", () => {
  test("is warned of once for all of its instances, with the command that copies the data", () => {
    const { moves, ...rest } = planned(n8n("2.41.1"), { "user1-n8n": "2.40.7", "user2-n8n": "2.40.7" });
    expect(versionWarnings(moves)).toEqual([
      expect.stringMatching(/^user1-n8n, user2-n8n: 2\.40\.7 -> 2\.41\.1 .*`berth upgrade n8n --to 2\.41\.1`/),
    ]);
    expect(() => refuseDowngrades(moves, rest, catalog)).not.toThrow();
  });

  test("is none where the version stays, or where older ones read the data", () => {
    const { moves } = planned(n8n("2.41.1"), { "user1-n8n": "2.41.1", "shared-searxng": "2025.1.1-abc" });
    expect(moves).toEqual([]);
  });
});

describe("an older version of a service whose data know no way back", () => {
  function refusal(text: string, running: Record<string, string>): FleetInvalid {
    const { moves, ...rest } = planned(text, running);
    expect(versionWarnings(moves)).toEqual([]);
    try {
      refuseDowngrades(moves, rest, catalog);
    } catch (error) {
      if (error instanceof FleetInvalid) return error;
    }
    throw new Error("was not refused");
  }

  test("is refused at the place that asks for it", () => {
    const text = n8n("2.40.7");
    const { problems } = refusal(text, { "user1-n8n": "2.41.1", "user2-n8n": "2.40.7" });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ path: "services.tenant.n8n.version", file });
    expect(problems[0]?.message).toContain("user1-n8n runs 2.41.1, and 2.40.7 may not read");
    expect(text.split("\n")[(problems[0]?.line ?? 0) - 1]).toContain("2.40.7");
  });

  test("is refused where the file leaves the choice to Berth, as one from before an upgrade does", () => {
    const [problem] = refusal(example, { "user1-n8n": "2.41.9" }).problems;
    expect(problem?.message).toContain("'version' sets another");
  });
});
