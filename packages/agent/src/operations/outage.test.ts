import { BerthError } from "@berth/shared/errors";
import { describe, expect, it } from "vitest";
import { EngineAway } from "../docker/errors.ts";
import { FakeEngine } from "../testing/fake-engine.ts";
import type { OperationContext } from "./context.ts";
import { throughOutages } from "./outage.ts";
import { untold } from "./phases.ts";

const away = new EngineAway("start it", "ECONNRESET", undefined);

function context(signal = new AbortController().signal): OperationContext & { lines: string[] } {
  const lines: string[] = [];
  return { signal, lines, progress: ({ line }) => void lines.push(line), phase: untold };
}

function loseAndReturn(engine: FakeEngine): void {
  engine.presence.onUnreachable();
  engine.presence.onRunning();
}

describe("throughOutages", () => {
  it("tries again whatever failed while the engine went away, and says so", async () => {
    const engine = new FakeEngine();
    const told = context();
    const failures = [away, new BerthError("instance.unhealthy", "its container is exited")];
    const attempt = async (): Promise<string> => {
      const failure = failures.shift();
      if (failure === undefined) return "done";
      loseAndReturn(engine);
      throw failure;
    };
    expect(await throughOutages(engine, told, attempt)).toBe("done");
    expect(told.lines).toEqual([
      "the Docker engine went away: waiting until it is back",
      "the Docker engine is back: carrying on",
      "the Docker engine went away: waiting until it is back",
      "the Docker engine is back: carrying on",
    ]);
  });

  it("waits until the engine answers and its events come again", async () => {
    const engine = new FakeEngine();
    let asked = 0;
    engine.version = async () => {
      asked += 1;
      if (asked < 3) throw away;
      engine.presence.onRunning();
      return "20.10.24";
    };
    let attempts = 0;
    await throughOutages(engine, context(), async () => {
      attempts += 1;
      if (attempts > 1) return;
      engine.presence.onUnreachable();
      throw away;
    });
    expect([attempts, asked]).toEqual([2, 3]);
  });

  it("takes no verdict from an engine that is stopping: it takes no new connection", async () => {
    const engine = new FakeEngine();
    const told = context();
    let attempts = 0;
    engine.version = async () => {
      loseAndReturn(engine);
      return "20.10.24";
    };
    await throughOutages(engine, told, async () => {
      attempts += 1;
      if (attempts === 1) throw new BerthError("instance.unhealthy", "its container is exited (exit code 143)");
    });
    expect(attempts).toBe(2);
  });

  it.each([
    ["a failure with the engine there", new BerthError("instance.unhealthy", "its container is exited")],
    ["a connection that broke although the engine lives", away],
  ])("passes %s on", async (_, failure) => {
    let attempts = 0;
    const failing = throughOutages(new FakeEngine(), context(), async () => {
      attempts += 1;
      throw failure;
    });
    await expect(failing).rejects.toBe(failure);
    expect(attempts).toBe(1);
  });

  it("ends its wait with the operation", async () => {
    const engine = new FakeEngine();
    const abort = new AbortController();
    engine.version = async () => {
      abort.abort(new BerthError("deadline.exceeded", "late"));
      throw away;
    };
    const waiting = throughOutages(engine, context(abort.signal), async () => {
      engine.presence.onUnreachable();
      throw away;
    });
    await expect(waiting).rejects.toMatchObject({ code: "deadline.exceeded" });
  });
});
