import type { HostResources } from "@berth/shared/fleet/host-capacity";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import { beforeEach, expect, test } from "vitest";
import { planFleet } from "../plan/plan.ts";
import { emptyWorld, exampleDesired, exampleFleet } from "../plan/test-fixtures.ts";
import { hostWarnings } from "./host-warnings.ts";

const fleet = exampleFleet();
const { operations } = planFleet(exampleDesired(), emptyWorld(exampleDesired()));
const small: HostResources = { memoryBytes: 0, guests: [], storage: { totalBytes: 0, freeBytes: 0 } };
let asked: string[];

beforeEach(() => {
  asked = [];
});

const warnings = (planned: readonly PlannedOperation[], answer = () => Promise.resolve(small)) =>
  hostWarnings(fleet, planned, (_, proxmox) => {
    asked.push(proxmox);
    return answer();
  });

test("a host is asked once for all LXCs that are made", async () => {
  expect(await warnings(operations)).toEqual([expect.stringContaining("Proxmox 'pve' is too small")]);
  expect(asked).toEqual(["pve"]);
});

test("nobody is asked for a plan that makes and changes no LXC", async () => {
  const started = operations.map((operation): PlannedOperation => {
    return operation.kind === "lxc.ensure" ? { ...operation, change: "start" } : operation;
  });
  expect(await warnings(started)).toEqual([]);
  expect(asked).toEqual([]);
});

test("a host that does not answer is no warning", async () => {
  expect(await warnings(operations, () => Promise.reject(new Error("silence")))).toEqual([]);
});
