import { beforeEach, describe, expect, it } from "vitest";
import { Journal } from "../journal/journal.ts";
import { FakeEngine } from "../testing/fake-engine.ts";
import { containerSpec, instanceSpec } from "../testing/specs.ts";
import { instanceRestart } from "./instance-restart.ts";
import { untold } from "./phases.ts";

const context = { signal: new AbortController().signal, progress: () => undefined, phase: untold };
const input = { node: "user1", instance: "user1-web" };
const spec = instanceSpec({
  containers: [
    containerSpec({ ports: [], health: { ...containerSpec().health, http: undefined, command: ["check"] } }),
  ],
});

let engine: FakeEngine;
let journal: Journal;
let id: string;

beforeEach(async () => {
  engine = new FakeEngine();
  engine.images.set("test/web:1", "sha256:1");
  journal = new Journal(":memory:");
  journal.desired.set(spec);
  id = await engine.createContainer(spec, spec.containers[0]!, "user1-web");
  await engine.startContainer(id);
  engine.changes.length = 0;
});

const restart = () => instanceRestart(engine, journal)(input, context);

describe("instanceRestart", () => {
  it("stops what runs and starts it again, the same container", async () => {
    const result = await restart();
    expect(engine.changes).toEqual(["stop user1-web", "start user1-web"]);
    expect(result.stoppedMilliseconds).toBeGreaterThanOrEqual(0);
    expect(journal.stopped.get("user1-web")).toEqual([]);
  });

  it("starts what had ended", async () => {
    await engine.stopContainer(id);
    engine.changes.length = 0;
    expect(await restart()).toEqual({ stoppedMilliseconds: 0 });
    expect(engine.changes).toEqual(["start user1-web"]);
  });

  it("does not succeed where a container is missing", async () => {
    await engine.removeContainer(id);
    engine.changes.length = 0;
    await expect(restart()).rejects.toMatchObject({ code: "not-found" });
    expect(engine.changes).toEqual([]);
  });

  it("leaves an instance to the upgrade that holds it", async () => {
    journal.held.hold("user1-web");
    await expect(restart()).rejects.toMatchObject({ code: "conflict" });
    expect(engine.changes).toEqual([]);
  });

  it("knows no instance that the node is not to have", async () => {
    journal.desired.remove("user1-web");
    await expect(restart()).rejects.toMatchObject({ code: "not-found" });
  });
});
