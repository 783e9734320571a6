import { describe, expect, it } from "vitest";
import type { PullProgress } from "./engine.ts";
import { EngineAway } from "./errors.ts";
import { pullError, PullTracker } from "./pull.ts";

function track(messages: [seconds: number, message: object][]): PullProgress[] {
  const reported: PullProgress[] = [];
  let now = 0;
  const tracker = new PullTracker(
    "test/web:1",
    (progress) => void reported.push(progress),
    () => now,
  );
  for (const [seconds, message] of messages) {
    now = seconds * 1000;
    tracker.receive(JSON.stringify(message));
  }
  tracker.end();
  return reported;
}

const downloading = (id: string, current: number, total: number) => {
  return { id, status: "Downloading", progressDetail: { current, total } };
};
const extracting = (id: string, current: number, total: number) => {
  return { id, status: "Extracting", progressDetail: { current, total } };
};
const status = (id: string, text: string) => ({ id, status: text, progressDetail: {} });

describe("PullTracker", () => {
  it("names the phases, and tells at most once a second how far all layers are together", () => {
    const reported = track([
      [0, status("1", "Pulling from test/web")],
      [0, status("a", "Pulling fs layer")],
      [0, status("b", "Pulling fs layer")],
      [0, downloading("a", 1e6, 4e6)],
      [0.2, downloading("a", 2e6, 4e6)],
      [1.1, downloading("b", 1e6, 2e6)],
      [1.2, downloading("b", 2e6, 2e6)],
      [1.3, status("b", "Download complete")],
      [2.2, downloading("a", 4e6, 4e6)],
      [2.3, status("a", "Download complete")],
      [2.4, extracting("a", 1e6, 4e6)],
      [3.4, extracting("a", 2e6, 4e6)],
      [4.4, status("a", "Pull complete")],
      [4.5, status("b", "Pull complete")],
    ]);
    expect(reported).toEqual([
      { line: "downloading test/web:1: 1.0 of 4.0 MB, 0 of 2 layers done" },
      { line: "downloading test/web:1: 3.0 of 6.0 MB, 0 of 2 layers done", fraction: 0.5 },
      { line: "downloading test/web:1: 6.0 of 6.0 MB, 0 of 2 layers done", fraction: 1 },
      { line: "extracting test/web:1: 0.0 of 6.0 MB, 0 of 2 layers done" },
      { line: "extracting test/web:1: 2.0 of 6.0 MB, 0 of 2 layers done", fraction: 1 / 3 },
      { line: "extracting test/web:1: 4.0 of 6.0 MB, 1 of 2 layers done", fraction: 2 / 3 },
      { line: "pulled test/web:1: 2 layers" },
    ]);
  });

  it("does not repeat itself while nothing changes", () => {
    const waiting = Array.from({ length: 60 }, (_, second): [number, object] => [second, extracting("a", 4e6, 4e6)]);
    const reported = track([[0, downloading("a", 4e6, 4e6)], [0, status("a", "Download complete")], ...waiting]);
    expect(reported.map(({ line }) => line)).toEqual([
      "downloading test/web:1: 4.0 of 4.0 MB, 0 of 1 layer done",
      "extracting test/web:1: 0.0 of 4.0 MB, 0 of 1 layer done",
      "extracting test/web:1: 4.0 of 4.0 MB, 0 of 1 layer done",
      "pulled test/web:1: 1 layer",
    ]);
  });

  it("does not go back when the size of another layer becomes known", () => {
    const reported = track([
      [0, downloading("a", 1e6, 4e6)],
      [0, status("b", "Waiting")],
      [1, downloading("a", 4e6, 4e6)],
      [2, downloading("b", 1, 96e6)],
    ]);
    expect(reported.map(({ fraction }) => fraction)).toEqual([undefined, 0.5, 0.5, undefined]);
  });

  it("says nothing of phases when every layer is here already", () => {
    expect(track([[0, status("a", "Already exists")]])).toEqual([{ line: "pulled test/web:1: 1 layer" }]);
  });

  it.each([
    ["manifest for test/web:1 not found: manifest unknown: manifest unknown", "image.not-found"],
    ["pull access denied for test/web, repository does not exist or may require 'docker login'", "image.not-found"],
    ["x509: certificate signed by unknown authority", "image.unavailable"],
    ["Get https://10.0.6.1:5000/v2/: dial tcp 10.0.6.1:5000: connect: connection refused", "image.unavailable"],
    ["write /var/lib/docker/tmp/x: no space left on device", "disk.full"],
  ])("turns %j into %s", (error, code) => {
    expect(() => track([[0, { error }]])).toThrow(expect.objectContaining({ code }));
  });

  it("tells an engine that went away from a registry that does not answer", () => {
    const broken = Object.assign(new Error("aborted"), { code: "ECONNRESET" });
    expect(pullError("test/web:1", broken)).toBeInstanceOf(EngineAway);
  });
});
