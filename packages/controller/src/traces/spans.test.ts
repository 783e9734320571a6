import type { Run, Step } from "@berth/shared/api/runs";
import { expect, test } from "vitest";
import { traceOf } from "./spans.ts";

const at = (seconds: number): string => new Date(Date.UTC(2026, 10, 30, 12, 0, seconds)).toISOString();
const moment = (seconds: number): number => Date.parse(at(seconds));

function step(id: string, changes: Partial<Step>): Step {
  const [kind = "", target = ""] = id.split("/");
  return {
    ...{ id, kind, target, node: "user1", change: "create", reason: "missing", after: [], state: "succeeded" },
    ...{ attempt: 1, startedAt: at(1), endedAt: at(2), progress: null, error: null, ...changes },
  };
}

function run(steps: Step[], changes: Partial<Run> = {}): Run {
  const counts = { waiting: 0, running: 0, succeeded: 0, failed: 0, cancelled: 0, skipped: 0 };
  return {
    ...{ id: 7, kind: "apply", account: "admin", state: "succeeded", createdAt: at(0), endedAt: at(9), counts, steps },
    ...changes,
  };
}

test("the run is over its steps, which come in the order in which they began, with what they waited for", () => {
  const image = step("image.ensure/web:1", { startedAt: at(1), endedAt: at(3) });
  const waiting = step("instance.ensure/user1-web", { startedAt: at(3), endedAt: at(8), after: [image.id, "gone"] });
  const trace = traceOf(run([waiting, image]), "valuechain");
  expect(trace.run).toEqual({
    ...{ name: "run apply", startedAt: moment(0), endedAt: moment(9), error: null },
    attributes: {
      ...{ "berth.fleet": "valuechain", "berth.run.id": 7, "berth.run.kind": "apply", "berth.run.state": "succeeded" },
      ...{ "berth.account": "admin", "berth.run.steps": 2 },
    },
  });
  expect(trace.steps.map(({ name, startedAt, endedAt, after }) => ({ name, startedAt, endedAt, after }))).toEqual([
    { name: "pull image web:1", startedAt: moment(1), endedAt: moment(3), after: [] },
    { name: "create instance user1-web", startedAt: moment(3), endedAt: moment(8), after: [image.id] },
  ]);
});

test("what the time of a step went into is told below it, and never leaves it", () => {
  const phases = [
    { name: "stop", target: "user1-web", startMilliseconds: 100, milliseconds: 2000 },
    { name: "wait until healthy", startMilliseconds: 2200, milliseconds: 9000 },
    { name: "remove", startMilliseconds: 11_200, milliseconds: 50 },
  ];
  const updated = step("instance.ensure/user1-web", { startedAt: at(1), endedAt: at(4), phases });
  const [span] = traceOf(run([updated]), null).steps;
  expect(span?.phases).toEqual([
    {
      ...{ name: "stop", startedAt: moment(1) + 100, endedAt: moment(1) + 2100, error: null },
      attributes: { "berth.phase.target": "user1-web", "berth.node": "user1" },
    },
    {
      ...{ name: "wait until healthy", startedAt: moment(1) + 2200, endedAt: moment(4), error: null },
      attributes: { "berth.node": "user1" },
    },
    { name: "remove", startedAt: moment(4), endedAt: moment(4), attributes: { "berth.node": "user1" }, error: null },
  ]);
});

test("what failed says why, the run too; what was never begun has no span", () => {
  const error = { code: "instance.unhealthy", message: "user1-web did not become healthy. Its last log lines:" };
  const told = { ...error, message: `${error.message}\nkey sk-of-a-user` };
  const failed = step("instance.ensure/user1-web", { state: "failed", error: told, attempt: 3 });
  const skipped = step("tenant.verify/user1", { state: "skipped", startedAt: null, endedAt: null });
  const trace = traceOf(run([failed, skipped], { state: "failed" }), null);
  expect(trace.run.error).toEqual(error);
  expect(trace.steps).toHaveLength(1);
  expect(trace.steps[0]).toMatchObject({ error, attributes: { "berth.operation.attempts": 3, "berth.node": "user1" } });
});

test("a cancelled run and its steps are told as cancelled", () => {
  const cancelled = step("instance.ensure/user1-web", { state: "cancelled", endedAt: null });
  const trace = traceOf(run([cancelled], { state: "cancelled" }), null);
  expect(trace.run.error?.code).toBe("cancelled");
  expect(trace.steps[0]).toMatchObject({ endedAt: moment(9), error: { code: "cancelled" } });
});
