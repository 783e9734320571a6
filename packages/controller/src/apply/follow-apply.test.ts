import type { Run } from "@berth/shared/api/runs";
import { setInFleet } from "@berth/shared/fleet/edit";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import { beforeEach, expect, test } from "vitest";
import { example, parsed, runningRun } from "../tenants/test-fixtures.ts";
import type { FleetControl, FleetFile } from "./apply.ts";
import { FleetInvalid } from "./fleet-invalid.ts";
import { createFollowingApply } from "./follow-apply.ts";

const withUser4 = setInFleet(
  setInFleet(example, ["nodes", "user4"], { address: "10.0.6.14", proxmox: "pve", template: "tenant" }),
  ["tenants", "user4"],
  { node: "user4" },
);

let underWay: Run | null;
let applied: FleetFile[];
let planned: string[];
let apply: FleetControl["apply"];

/** The present state has user4 besides the example. */
beforeEach(() => {
  underWay = runningRun("apply", ["instance.ensure/user1-n8n", "instance.remove/user1/old"]);
  applied = [];
  planned = [];
  apply = createFollowingApply({
    control: {
      plan: async () => ({ operations: planned.map(removal), warnings: [] }),
      apply: async (file) => {
        applied.push(file);
        return { plan: { operations: [], warnings: [] }, run: null };
      },
    },
    store: {
      parse: (text) => parsed(text),
      current: async () => ({ fleet: parsed(withUser4), yaml: withUser4, file: "" }),
    },
    runUnderWay: async () => underWay,
  });
});

function removal(instance: string): PlannedOperation<"instance.remove"> {
  return {
    ...{ id: `instance.remove/user1/${instance}`, kind: "instance.remove", change: "remove" },
    ...{ node: "user1", target: instance, reason: "", after: [] },
    input: { node: "user1", instance, volumes: false },
  };
}

const file = (yaml: string, prune = false) => ({ yaml, file: "fleet.yaml", prune });

test("the same file again, which says nothing of what a command has added, is followed", async () => {
  expect(await apply(file(example), "anna")).toMatchObject({ run: { id: 41 }, plan: { operations: [] } });
  expect(applied).toEqual([]);
});

test.each([
  ["another file", () => file(setInFleet(example, ["services", "shared", "redis", "env"], { A: "b" }))],
  ["the same file beside a run of another kind", () => ((underWay = runningRun("tenant.add", [])), file(example))],
  ["the same file once the run has ended", () => ((underWay = null), file(example))],
])("%s is applied", async (_, given) => {
  await apply(given(), "anna");
  expect(applied).toHaveLength(1);
});

test("pruning is followed by a run that removes all of it, and no other", async () => {
  planned = ["old"];
  expect((await apply(file(withUser4, true), "anna")).run?.id).toBe(41);
  planned = ["old", "other"];
  expect((await apply(file(withUser4, true), "anna")).run).toBeNull();
});

test("a file with mistakes is told them", async () => {
  await expect(apply(file("nodes: 1"), "anna")).rejects.toBeInstanceOf(FleetInvalid);
});
