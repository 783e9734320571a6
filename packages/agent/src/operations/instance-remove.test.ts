import { describe, expect, it } from "vitest";
import { Journal } from "../journal/journal.ts";
import { FakeEngine } from "../testing/fake-engine.ts";
import { containerSpec, instanceSpec } from "../testing/specs.ts";
import { instanceRemove } from "./instance-remove.ts";
import { untold } from "./phases.ts";

const context = { signal: new AbortController().signal, progress: () => undefined, phase: untold };

async function engineWithInstance(): Promise<FakeEngine> {
  const engine = new FakeEngine();
  engine.images.set("test/web:1", "sha256:1");
  await engine.startContainer(await engine.createContainer(instanceSpec(), containerSpec(), "user1-web"));
  await engine.createContainer(instanceSpec(), containerSpec(), "user1-web.next");
  await engine.createContainer(instanceSpec({ instance: "user1-other" }), containerSpec(), "user1-other");
  engine.changes.length = 0;
  return engine;
}

describe("instanceRemove", () => {
  it("removes every container of the instance, leftovers too, and keeps its volumes", async () => {
    const engine = await engineWithInstance();
    const input = { node: "user1", instance: "user1-web", volumes: false };
    expect(await instanceRemove(engine, new Journal(":memory:"))(input, context)).toEqual({ removed: true });
    expect(engine.changes).toEqual(["remove user1-web.next", "stop user1-web", "remove user1-web"]);
    expect(engine.states).toEqual(["user1-other created"]);
    expect(engine.volumes.get("user1-web")).toEqual(["user1-web-data"]);
    expect(await instanceRemove(engine, new Journal(":memory:"))(input, context)).toEqual({ removed: false });
  });

  it("removes its volumes only when it is told to", async () => {
    const engine = await engineWithInstance();
    const input = { node: "user1", instance: "user1-web", volumes: true };
    expect(await instanceRemove(engine, new Journal(":memory:"))(input, context)).toEqual({ removed: true });
    expect(engine.volumes.has("user1-web")).toBe(false);
    expect(engine.volumes.has("user1-other")).toBe(true);
  });
});
