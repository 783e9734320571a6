import { describe, expect, it } from "vitest";
import type { ContainerSummary } from "../docker/engine.ts";
import { containerLabels } from "../docker/fingerprint.ts";
import { containerSpec, instanceSpec } from "../testing/specs.ts";
import { planLeftovers } from "./leftovers.ts";

const spec = instanceSpec({ hash: "new" });

function container(id: string, name: string, hash = "old"): ContainerSummary {
  return { id, name, image: "", imageId: "", state: "exited", labels: { "berth.hash": hash }, hostPorts: [] };
}

describe("planLeftovers", () => {
  it("finds nothing beside the container in use", () => {
    expect(planLeftovers(spec, [container("1", "user1-web")])).toEqual({ steps: [], previous: new Map(), retired: [] });
  });

  it("removes a container that was made and never used", () => {
    const found = planLeftovers(spec, [container("1", "user1-web"), container("2", "user1-web.next", "new")]);
    expect(found).toEqual({
      steps: [{ kind: "remove", id: "2", name: "user1-web.next" }],
      previous: new Map(),
      retired: [],
    });
  });

  it("goes on with an update whose new container has its name", () => {
    const found = planLeftovers(spec, [container("1", "user1-web.previous"), container("2", "user1-web", "new")]);
    expect(found).toEqual({ steps: [], previous: new Map([["user1-web", "1"]]), retired: [] });
  });

  it("makes a container anew that has its name and was never started", () => {
    const made = { ...container("2", "user1-web", "new"), state: "created" };
    expect(planLeftovers(spec, [made])).toEqual({
      steps: [{ kind: "remove", id: "2", name: "user1-web" }],
      previous: new Map(),
      retired: [],
    });
    expect(planLeftovers(spec, [container("1", "user1-web.previous"), made])).toEqual({
      steps: [
        { kind: "remove", id: "2", name: "user1-web" },
        { kind: "rename", id: "1", name: "user1-web.previous", to: "user1-web" },
      ],
      previous: new Map(),
      retired: [],
    });
  });

  it("gives the former container its name back when nothing else bears it", () => {
    const found = planLeftovers(spec, [container("1", "user1-web.previous"), container("2", "user1-web.next", "new")]);
    expect(found.steps).toEqual([
      { kind: "remove", id: "2", name: "user1-web.next" },
      { kind: "rename", id: "1", name: "user1-web.previous", to: "user1-web" },
    ]);
  });

  it("gives up an unproven container of yet another specification for the former one", () => {
    const found = planLeftovers(spec, [container("1", "user1-web.previous"), container("2", "user1-web", "other")]);
    expect(found.steps).toEqual([
      { kind: "remove", id: "2", name: "user1-web" },
      { kind: "rename", id: "1", name: "user1-web.previous", to: "user1-web" },
    ]);
  });

  it("keeps parts that the specification no longer has, to run again should the others fail", () => {
    const worker = container("1", "user1-web-worker");
    const found = planLeftovers(spec, [worker, container("2", "user1-web-worker.previous")]);
    expect(found).toEqual({
      steps: [{ kind: "remove", id: "2", name: "user1-web-worker.previous" }],
      previous: new Map(),
      retired: [worker],
    });
  });

  it("goes on with a part that is made as wanted, though to another specification", () => {
    const labels = containerLabels({ ...spec, hash: "other" }, containerSpec());
    const current = { ...container("2", "user1-web"), labels };
    expect(planLeftovers(spec, [container("1", "user1-web.previous"), current])).toMatchObject({
      steps: [],
      previous: new Map([["user1-web", "1"]]),
    });
  });
});
