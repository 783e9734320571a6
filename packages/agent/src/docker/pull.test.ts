import { describe, expect, it } from "vitest";
import type { PullProgress } from "./engine.ts";
import { PullTracker } from "./pull.ts";

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
  return reported;
}

const downloading = (id: string, current: number, total: number) => {
  return { id, status: "Downloading", progressDetail: { current, total } };
};

describe("PullTracker", () => {
  it("tells at most once a second how far all layers are together", () => {
    const reported = track([
      [0, { id: "1", status: "Pulling from test/web" }],
      [0, downloading("a", 1e6, 4e6)],
      [0.2, downloading("a", 2e6, 4e6)],
      [1.1, downloading("b", 1e6, 2e6)],
      [2.2, { id: "a", status: "Pull complete", progressDetail: {} }],
    ]);
    expect(reported).toEqual([
      { line: "pulling test/web:1: 0 of 1 layers, 1.0 of 4.0 MB", fraction: 0.25 },
      { line: "pulling test/web:1: 0 of 2 layers, 3.0 of 6.0 MB", fraction: 0.5 },
      { line: "pulling test/web:1: 1 of 2 layers, 5.0 of 6.0 MB", fraction: 5 / 6 },
    ]);
  });

  it.each([
    ["manifest unknown", "image.unavailable"],
    ["x509: certificate signed by unknown authority", "image.unavailable"],
    ["write /var/lib/docker/tmp/x: no space left on device", "disk.full"],
  ])("turns %j into %s", (error, code) => {
    expect(() => track([[0, { error }]])).toThrow(expect.objectContaining({ code }));
  });
});
