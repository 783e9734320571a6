import { describe, expect, it } from "vitest";
import { restartPolicy } from "../docker/container-options.ts";
import type { ContainerDetails } from "../docker/engine.ts";
import { instanceLabels } from "../docker/labels.ts";
import { containerSpec, instanceSpec, mebibyte } from "../testing/specs.ts";
import { checkInstance } from "./instance-check.ts";

const spec = instanceSpec();
const images = new Map([["test/web:1", "sha256:1"]]);

function running(overrides: Partial<ContainerDetails> = {}): ContainerDetails {
  return {
    id: "id-1",
    name: "user1-web",
    image: "test/web:1",
    imageId: "sha256:1",
    state: "running",
    labels: instanceLabels(spec),
    paused: false,
    pid: 100,
    exitCode: 0,
    outOfMemory: false,
    startedAt: "2026-11-24T00:00:00Z",
    restarts: 0,
    memoryBytes: 64 * mebibyte,
    cpus: null,
    restartPolicy,
    networks: ["bridge"],
    address: "172.17.0.2",
    ...overrides,
  };
}

describe("checkInstance", () => {
  it("finds nothing to do", () => {
    const current = running();
    expect(checkInstance(spec, [current], images)).toEqual([
      { spec: spec.containers[0], current, differences: [], repair: "none" },
    ]);
  });

  it("finds a missing container", () => {
    expect(checkInstance(spec, [], images)).toEqual([
      {
        spec: spec.containers[0],
        current: null,
        differences: [{ repair: "create", text: "container user1-web is missing" }],
        repair: "create",
      },
    ]);
  });

  it.each([
    ["stopped", { state: "exited" }, "start", "user1-web is exited"],
    ["paused", { state: "paused", paused: true }, "unpause", "user1-web is paused"],
    [
      "another memory limit",
      { memoryBytes: 32 * mebibyte },
      "update",
      "user1-web has a memory limit of 32 MiB instead of 64 MiB",
    ],
    ["a cpu limit", { cpus: 0.5 }, "update", "user1-web may use 0.5 cores instead of all cores"],
    [
      "another restart policy",
      { restartPolicy: "no" },
      "update",
      "user1-web has the restart policy no instead of unless-stopped",
    ],
    ["another image", { imageId: "sha256:0" }, "replace", "user1-web runs another image than test/web:1 now is"],
    ["another network", { networks: [] }, "replace", "user1-web is not connected to the network bridge"],
    ["another hash", { labels: { "berth.hash": "hash-0" } }, "replace", "user1-web is made to another specification"],
  ])("finds %s", (_what, overrides, repair, text) => {
    const [check] = checkInstance(spec, [running(overrides)], images);
    expect(check?.differences).toEqual([{ repair, text }]);
    expect(check?.repair).toBe(repair);
  });

  it("takes the strongest of several repairs", () => {
    const current = running({ state: "exited", memoryBytes: 1, labels: {} });
    expect(checkInstance(spec, [current], images)[0]?.repair).toBe("replace");
  });

  it("leaves a container to Docker that Docker is starting again", () => {
    expect(checkInstance(spec, [running({ state: "restarting" })], images)[0]?.repair).toBe("none");
  });

  it("does not mind an image whose tag is gone", () => {
    expect(checkInstance(spec, [running()], new Map())[0]?.repair).toBe("none");
  });

  it("expects several containers on a network of their own", () => {
    const composite = instanceSpec({ containers: [containerSpec(), containerSpec({ name: "user1-web-worker" })] });
    const [check] = checkInstance(composite, [running()], images);
    expect(check?.differences.map(({ text }) => text)).toEqual(["user1-web is not connected to the network berth"]);
  });
});
