import { beforeEach, expect, it } from "vitest";
import { Journal } from "../journal/journal.ts";
import { FakeEngine } from "../testing/fake-engine.ts";
import { containerSpec, instanceSpec } from "../testing/specs.ts";
import { startAgain, whileStopped } from "./pause-instance.ts";
import { untold } from "./phases.ts";

const db = containerSpec({ name: "user1-web-db", ports: [] });
const web = containerSpec({ name: "user1-web-app", ports: [] });
const spec = instanceSpec({ containers: [db, web] });

let engine: FakeEngine;
let journal: Journal;
let abort: AbortController;
beforeEach(async () => {
  engine = new FakeEngine();
  journal = new Journal(":memory:");
  abort = new AbortController();
  journal.desired.set(spec);
  engine.images.set("test/web:1", "sha256:1");
  // In another order than they start in.
  for (const container of [web, db]) await engine.createContainer(spec, container, container.name);
  for (const id of engine.containers.keys()) await engine.startContainer(id);
  engine.changes.length = 0;
});

const running = ["user1-web-app running", "user1-web-db running"];
const stopped = ["user1-web-app exited", "user1-web-db exited"];

function pause<T>(work: () => Promise<T>) {
  const dependencies = { engine, desired: journal.desired, stopped: journal.stopped };
  return whileStopped(
    dependencies,
    "user1-web",
    { signal: abort.signal, progress: () => undefined, phase: untold },
    work,
  );
}

it("stops the last first, starts in order, and tells how long that took", async () => {
  const { value, milliseconds } = await pause(async () => engine.states);
  expect(value).toEqual(stopped);
  expect(milliseconds).toBeGreaterThanOrEqual(0);
  const [app, database] = ["user1-web-app", "user1-web-db"];
  expect(engine.changes).toEqual([`stop ${app}`, `stop ${database}`, `start ${database}`, `start ${app}`]);
  expect(journal.stopped.get("user1-web")).toEqual([]);
});

it("starts again what it has stopped when the work fails or is aborted", async () => {
  await expect(pause(() => Promise.reject(new Error("the work failed")))).rejects.toThrow("the work failed");
  expect(engine.states).toEqual(running);
  engine.onChange = (change) => {
    if (change.startsWith("stop")) abort.abort(new Error("cancelled"));
  };
  await expect(pause(async () => "never")).rejects.toThrow("cancelled");
  expect(engine.states).toEqual(running);
});

it("leaves a mark when it cannot start, by which that is made up for", async () => {
  engine.onChange = (change) => {
    if (change.startsWith("start")) throw new Error("Docker went away");
  };
  await expect(pause(async () => "done")).rejects.toThrow("Docker went away");
  expect(engine.states).toEqual(stopped);
  engine.onChange = () => undefined;
  await startAgain({ engine, stopped: journal.stopped }, "user1-web");
  expect(engine.states).toEqual(running);
  engine.changes.length = 0;
  await startAgain({ engine, stopped: journal.stopped }, "user1-web");
  expect(engine.changes).toEqual([]);
});

it("starts nothing that did not run before", async () => {
  const [id] = engine.containers.keys();
  await engine.stopContainer(id ?? "");
  await pause(async () => undefined);
  expect(engine.states).toEqual(["user1-web-app exited", "user1-web-db running"]);
});

it("carries on a pause that a killed agent has left", async () => {
  journal.stopped.set("user1-web", [...engine.containers.keys()]);
  for (const id of engine.containers.keys()) await engine.stopContainer(id);
  await pause(async () => undefined);
  expect(engine.states).toEqual(running);
});
