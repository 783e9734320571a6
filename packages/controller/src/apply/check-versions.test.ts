import { readFileSync } from "node:fs";
import { catalog } from "@berth/shared/catalog/index";
import { setInFleet } from "@berth/shared/fleet/edit";
import { parseFleet } from "@berth/shared/fleet/parse";
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import { describe, expect, test } from "vitest";
import { desiredState } from "../plan/desired.ts";
import { desiredOptions } from "../plan/test-fixtures.ts";
import { type ObservedNode, unseenNode } from "../plan/observed.ts";
import { isRecorded, refuseSteps, versionMoves, versionWarnings } from "./check-versions.ts";
import { FleetInvalid } from "./fleet-invalid.ts";

const example = readFileSync(new URL("../../../../examples/valuechain/fleet.yaml", import.meta.url), "utf8");
const file = "fleet.yaml";

/** What the text's plan does with the instances that run these versions; what they are made of is on record. */
function planned(text: string, running: Record<string, string>, { onRecord = true } = {}) {
  const { fleet } = parseFleet(text, file, catalog);
  if (fleet === null) throw new Error("the example is no fleet");
  const desired = desiredState(fleet, desiredOptions);
  const concerned = desired.instances.filter(({ spec }) => spec.instance in running);
  const operations = concerned.map(({ spec }): PlannedOperation<"instance.ensure"> => {
    const id = `instance.ensure/${spec.instance}`;
    const said = { reason: "version changed", after: [], target: spec.instance, node: spec.node };
    return { id, kind: "instance.ensure", change: "update", ...said, input: spec };
  });
  const nodes = new Map<string, ObservedNode>();
  const specifications = new Map<string, InstanceSpec>();
  for (const { spec } of concerned) {
    const { instance, service, node } = spec;
    const before = nodes.get(node)?.instances;
    const version = running[instance] ?? "";
    const hash = `former ${instance}`;
    const seen = { hash, version, service, state: "healthy", drift: [] } as const;
    const instances = new Map([...(before instanceof Map ? before : []), [instance, seen] as const]);
    nodes.set(node, { ...unseenNode, instances });
    if (onRecord) specifications.set(hash, { ...spec, version, hash });
  }
  return { moves: versionMoves(operations, { nodes, specifications }, catalog), fleet, text, file };
}

function refuse({ moves, ...rest }: ReturnType<typeof planned>, acceptDowngrade = false): void {
  refuseSteps(moves, rest, { builtIn: catalog, catalog, acceptDowngrade });
}

function refusal(of: ReturnType<typeof planned>): FleetInvalid {
  try {
    refuse(of);
  } catch (error) {
    if (error instanceof FleetInvalid) return error;
  }
  throw new Error("was not refused");
}

const n8n = (version: string) => setInFleet(example, ["services", "tenant", "n8n"], { version });

const warnings = { catalog, keepsBackups: true };

describe("a newer version of a service whose data know no way back", () => {
  test("is told of once for all of its instances, with the command that makes a backup first", () => {
    const plan = planned(n8n("2.41.1"), { "user1-n8n": "2.40.7", "user2-n8n": "2.40.7" });
    expect(versionWarnings(plan.moves, warnings)).toEqual([
      expect.stringContaining("`berth upgrade n8n --to 2.41.1`"),
      expect.stringMatching(/2\.41\.1 migrates, 2\.40\.7 cannot read: each instance is copied/),
    ]);
    expect(versionWarnings(plan.moves, { ...warnings, keepsBackups: false })).toHaveLength(1);
    expect(() => refuse(plan)).not.toThrow();
  });

  test("is none where the version stays, or where older ones read the data", () => {
    const { moves } = planned(n8n("2.41.1"), { "user1-n8n": "2.41.1", "shared-searxng": "2025.1.1-abc" });
    expect(moves).toEqual([]);
  });

  test("says of which instances nothing can be copied", () => {
    const { moves } = planned(n8n("2.41.1"), { "user1-n8n": "2.40.7" }, { onRecord: false });
    expect(moves.map(isRecorded)).toEqual([false]);
    expect(versionWarnings(moves, warnings).at(-1)).toMatch(/^user1-n8n: .* nothing is copied/);
  });

  test("says what another major version asks for", () => {
    const { moves } = planned(n8n("2.41.1"), { "user1-n8n": "1.99.0" });
    expect(versionWarnings(moves, warnings).join("\n")).toContain("1.99.0 -> 2.41.1 is another major version");
  });

  test("is refused where another has to come first, also when older ones are accepted", () => {
    const text = setInFleet(example, ["services", "shared", "qdrant", "version"], "v1.17.0");
    const plan = planned(text, { "shared-qdrant": "v1.14.2" });
    const { problems, hint } = refusal(plan);
    expect(problems[0]?.message).toContain("shared-qdrant runs v1.14.2, and Qdrant passes through every minor version");
    expect(problems[0]?.message).toContain("v1.15 comes before v1.17.0");
    expect(hint).toContain("the version that comes first");
    expect(() => refuse(plan, true)).toThrow(FleetInvalid);
  });
});

describe("an older version of a service whose data know no way back", () => {
  test("is refused at the place that asks for it, unless it is accepted", () => {
    const text = n8n("2.40.7");
    const plan = planned(text, { "user1-n8n": "2.41.1", "user2-n8n": "2.40.7" });
    const { problems } = refusal(plan);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ path: "services.tenant.n8n.version", file });
    expect(problems[0]?.message).toContain("user1-n8n runs 2.41.1, and 2.40.7 may not read");
    expect(text.split("\n")[(problems[0]?.line ?? 0) - 1]).toContain("2.40.7");
    expect(versionWarnings(plan.moves, warnings)).toEqual([]);
    expect(() => refuse(plan, true)).not.toThrow();
  });

  test("is refused where the file leaves the choice to Berth, as one from before an upgrade does", () => {
    const [problem] = refusal(planned(example, { "user1-n8n": "2.41.9" })).problems;
    expect(problem?.message).toContain("'version' sets another");
  });
});
