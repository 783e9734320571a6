import { BerthError } from "@berth/shared/errors";
import { expect, test } from "vitest";
import type { StepRecord } from "../../inventory/runs.ts";
import { exampleDesired } from "../../plan/test-fixtures.ts";
import { moveOperation } from "../../plan/moves.ts";
import { catalog } from "@berth/shared/catalog/index";
import { upgradeAgain } from "./upgrade-again.ts";

const desired = exampleDesired();

function n8n() {
  const spec = desired.instances.find((instance) => instance.spec.instance === "user1-n8n")?.spec;
  const service = catalog.get("n8n");
  if (spec === undefined || service === undefined) throw new Error("the example has no n8n");
  return { spec, service };
}

function step(code: "instance.unhealthy" | "node.offline", record: boolean): StepRecord {
  const { spec, service } = n8n();
  const options = {
    upgrade: "n8n-1",
    service,
    minHealthySeconds: 30,
    maxFailures: 0,
    onFailure: "stop",
    record,
  } as const;
  const operation = moveOperation({ spec, former: { ...spec, version: "2.0.0" } }, [], options, desired);
  const { message } = new BerthError(code, "it failed");
  return {
    ...operation,
    position: 0,
    operationId: "8d5d0a3e-6d3f-4a53-9a4f-0d5e7b3c9a11",
    state: "failed",
    attempt: 1,
    startedAt: null,
    endedAt: null,
    progress: null,
    phases: [],
    error: { code, message },
    result: null,
  };
}

test.each([true, false])(
  "an instance that went back is tried again by command, also from a file (record: %s)",
  (record) => {
    expect(upgradeAgain({ steps: [step("instance.unhealthy", record)] })).toBe(
      `berth upgrade n8n --to ${n8n().spec.version} --retry`,
    );
  },
);

test("one that could not be reached is carried on with", () => {
  expect(upgradeAgain({ steps: [step("node.offline", true)] })).toBeNull();
});

test("one whose instances have all gone back is begun anew, too", () => {
  const failed = step("instance.unhealthy", true);
  const input = { upgrade: "n8n-1", service: "n8n", version: "2.42.0", instances: ["user1-n8n"] };
  const error = { code: "run.failed", message: "it failed" } as const;
  const steps = [
    { ...failed, state: "succeeded" as const },
    { ...failed, kind: "upgrade.conclude" as const, input, error },
  ];
  expect(upgradeAgain({ steps })).toBe("berth upgrade n8n --to 2.42.0 --retry");
});
