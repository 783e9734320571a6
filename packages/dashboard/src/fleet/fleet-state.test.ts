import { expect, it } from "vitest";
import {
  applyAnsweredRun,
  applyLiveEvent,
  applyRunList,
  currentRun,
  emptyFleetState,
  type FleetState,
} from "./fleet-state.ts";
import { instanceOf, nodeOf, runOf, stepOf } from "./fixtures.ts";
import { parseLiveEvent } from "./live-event.ts";

const status = {
  fleet: "valuechain",
  nodes: [nodeOf("shared"), nodeOf("user1")],
  instances: [instanceOf("user1-n8n", "user1"), instanceOf("user1-flowise", "user1")],
};

/** As it happens on the page: event name and data text in, state out. */
function after(state: FleetState, event: string, data: unknown): FleetState {
  const parsed = parseLiveEvent(event, JSON.stringify(data));
  return parsed === undefined ? state : applyLiveEvent(state, parsed);
}

const told = after(emptyFleetState, "status", status);

it("takes the whole status", () => {
  expect(told.status).toEqual(status);
});

it("replaces one node and leaves every other object as it was", () => {
  const offline = { ...nodeOf("user1"), state: "offline" };
  const next = after(told, "node", offline);
  expect(next.status?.nodes).toEqual([nodeOf("shared"), offline]);
  expect(next.status?.nodes[0]).toBe(told.status?.nodes[0]);
  expect(next.status?.instances).toBe(told.status?.instances);
});

it("adds an instance it did not know, and forgets one that is gone", () => {
  const added = after(told, "instance", instanceOf("user1-open-webui", "user1"));
  expect(added.status?.instances.map((instance) => instance.name)).toEqual([
    "user1-n8n",
    "user1-flowise",
    "user1-open-webui",
  ]);
  const gone = after(added, "instance.gone", { name: "user1-n8n" });
  expect(gone.status?.instances.map((instance) => instance.name)).toEqual(["user1-flowise", "user1-open-webui"]);
});

it("forgets a node that is gone with its instances, and nothing else", () => {
  const more = after(after(told, "node", nodeOf("user9")), "instance", instanceOf("user9-n8n", "user9"));
  const gone = after(more, "node.gone", { name: "user9" });
  expect(gone.status).toEqual(told.status);
});

it("ignores a change that comes before the status, and kinds of events it does not know", () => {
  expect(after(emptyFleetState, "node", nodeOf("user1"))).toBe(emptyFleetState);
  expect(after(told, "weather", { rain: true })).toBe(told);
});

it("refuses a known kind in another shape", () => {
  expect(() => parseLiveEvent("node", JSON.stringify({ name: "user1" }))).toThrow();
});

it("keeps runs newest first, with their steps where they are known", () => {
  const listed = applyRunList(told, told, [runOf(1, "succeeded"), runOf(2, "failed")]);
  const running = after(listed, "run", runOf(3, "running"));
  expect(running.runs?.map((run) => [run.id, run.state])).toEqual([
    [3, "running"],
    [2, "failed"],
    [1, "succeeded"],
  ]);
  expect(currentRun(running)?.id).toBe(3);
  expect([...running.runDetails.keys()]).toEqual([3]);

  const ended = after(running, "run", runOf(3, "succeeded"));
  expect(currentRun(ended)).toBeUndefined();
  expect(ended.runs).toHaveLength(3);
});

it("does not take an answer for newer than what the stream has told since it was asked for", () => {
  const asked = after(told, "run", runOf(3, "running"));
  const ended = after(asked, "run", runOf(3, "failed"));
  expect(applyAnsweredRun(ended, asked, runOf(3, "running")).runDetails).toEqual(ended.runDetails);
  const listed = applyRunList(ended, asked, [runOf(3, "running"), runOf(2, "succeeded")]);
  expect(listed.runs?.map((run) => [run.id, run.state])).toEqual([
    [3, "failed"],
    [2, "succeeded"],
  ]);
  const answered = applyAnsweredRun(ended, ended, runOf(3, "running"));
  expect(answered.runDetails.get(3)?.state, "begun anew since").toBe("running");
});

const startedAt = "2026-11-24T06:00:01.000Z";
const phases = [{ name: "pull", startMilliseconds: 0, milliseconds: 900 }];
const [first, second] = [stepOf("image.ensure/a", { state: "running", startedAt }), stepOf("image.ensure/b")];
const begun = runOf(3, "running", [first, second]);
const phasesOf = (state: FleetState) => state.runDetails.get(3)?.steps.map((step) => step.phases);

it("takes over only the steps that changed, with the counts of all", () => {
  const before = after(told, "run", begun);
  const ended = { ...first, state: "succeeded" as const };
  const next = after(before, "run.change", { ...runOf(3, "running", [ended, second]), steps: [ended] });
  expect(next.runDetails.get(3)?.steps).toEqual([ended, second]);
  expect(next.runDetails.get(3)?.steps[1]).toBe(before.runDetails.get(3)?.steps[1]);
  expect(next.runs?.[0]?.counts).toMatchObject({ succeeded: 1, waiting: 1 });
});

it("lists a run that changed before its steps are known, and has the answer's steps as they were told since", () => {
  const running = { ...second, state: "running" as const };
  const early = after(told, "run.change", { ...begun, steps: [running] });
  expect(early.runs?.map(({ id }) => id)).toEqual([3]);
  expect(early.runDetails.size).toBe(0);
  expect(applyAnsweredRun(early, told, begun).runDetails.get(3)?.steps).toEqual([first, running]);
  const asked = early;
  expect(applyAnsweredRun(early, asked, begun).runDetails.get(3)?.steps, "told before").toEqual([first, second]);
});

it("keeps what the time of a step went into, which changes leave out, until it is begun anew", () => {
  const known = after(after(told, "run", begun), "run.phases", { run: 3, step: first.id, phases });
  expect(phasesOf(known)).toEqual([phases, undefined]);
  const ended = after(known, "run.change", { ...begun, steps: [{ ...first, state: "failed" }] });
  expect(phasesOf(ended)).toEqual([phases, undefined]);
  expect(phasesOf(after(ended, "run", begun))).toEqual([phases, undefined]);
  expect(phasesOf(applyAnsweredRun(ended, ended, begun)), "asked for before").toEqual([phases, undefined]);
  const anew = after(ended, "run.change", { ...begun, steps: [{ ...first, startedAt: null, state: "waiting" }] });
  expect(phasesOf(anew)).toEqual([undefined, undefined]);
});
