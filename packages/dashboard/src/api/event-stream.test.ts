import { BerthError } from "@berth/shared/errors";
import { afterEach, expect, it, vi } from "vitest";
import { openEventStream, type EventStream, type EventStreamOptions, type StreamState } from "./event-stream.ts";

const encoder = new TextEncoder();
const opened: EventStream[] = [];

afterEach(() => {
  for (const stream of opened.splice(0)) stream.close();
  vi.unstubAllGlobals();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Answers one fetch after the other; each body is its chunks, and then ends. */
function answerWith(...answers: (() => Response | Promise<Response>)[]): void {
  vi.stubGlobal(
    "fetch",
    vi.fn(() => answers.shift()?.() ?? new Promise<Response>(() => {})),
  );
}

function chunks(...texts: (string | Uint8Array)[]): Response {
  const body = new ReadableStream({
    start: (controller) => {
      for (const text of texts) controller.enqueue(typeof text === "string" ? encoder.encode(text) : text);
      controller.close();
    },
  });
  return new Response(body, { headers: { date: "Tue, 24 Nov 2026 06:00:00 GMT" } });
}

interface Heard {
  events: [string, string][];
  states: StreamState[];
  serverTimes: (number | undefined)[];
}

function listen(options: Partial<EventStreamOptions> = {}): Heard {
  const heard: Heard = { events: [], states: [], serverTimes: [] };
  const stream = openEventStream({
    url: "/api/live",
    onState: (state) => heard.states.push(state),
    onOpen: (serverTime) => heard.serverTimes.push(serverTime),
    onEvent: (event, data) => void heard.events.push([event, data]),
    ...options,
  });
  opened.push(stream);
  return heard;
}

const phases = (heard: Heard) => heard.states.map((state) => state.phase);

it("puts events together wherever the chunks were cut, also inside of a character", async () => {
  const bytes = encoder.encode('event: node\ndata: {"name":"ü"}\n\n:\n\nevent: run\ndata: 1\n\n');
  const cut = bytes.indexOf(0xc3) + 1;
  answerWith(() => chunks(bytes.slice(0, 8), bytes.slice(8, cut), bytes.slice(cut)));
  const heard = listen();
  await expect
    .poll(() => heard.events)
    .toEqual([
      ["node", '{"name":"ü"}'],
      ["run", "1"],
    ]);
  expect(heard.serverTimes).toEqual([Date.parse("2026-11-24T06:00:00Z")]);
});

it("opens again after the connection was closed, and says why it was", async () => {
  answerWith(
    () => chunks("event: run\ndata: 1\n\n"),
    () => chunks("event: run\ndata: 2\n\n"),
  );
  const heard = listen();
  await expect.poll(() => heard.events.map(([, data]) => data), { timeout: 5_000 }).toEqual(["1", "2"]);
  expect(phases(heard).slice(0, 5)).toEqual(["connecting", "open", "waiting", "connecting", "open"]);
  expect(heard.states[2]).toMatchObject({ error: { message: "The controller closed the connection." } });
});

it("does not try again what cannot become right", async () => {
  const error = { code: "forbidden", message: "The role viewer may not read logs." };
  answerWith(() => Response.json({ error }, { status: 403 }));
  const heard = listen();
  await expect.poll(() => phases(heard)).toEqual(["connecting", "stopped"]);
  expect(heard.states[1]).toMatchObject({ error });
});

it("tries at once when told to, instead of waiting", async () => {
  // The wait would never end by itself.
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  answerWith(
    () => Promise.reject(new TypeError("Failed to fetch")),
    () => chunks("event: run\ndata: 1\n\n"),
  );
  const heard = listen();
  await expect.poll(() => phases(heard)).toEqual(["connecting", "waiting"]);
  expect(heard.states[1]).toMatchObject({ error: expect.any(BerthError) });
  opened[0]?.retryNow();
  await expect.poll(() => heard.events).toEqual([["run", "1"]]);
});

it("stays closed after an event that ends it", async () => {
  answerWith(() => chunks("event: line\ndata: 1\n\nevent: end\ndata: {}\n\nevent: line\ndata: 2\n\n"));
  const events: string[] = [];
  const heard = listen({
    onEvent: (event) => {
      events.push(event);
      return event === "end" ? "end" : undefined;
    },
  });
  await expect.poll(() => events).toEqual(["line", "end"]);
  expect(phases(heard)).toEqual(["connecting", "open"]);
});

it.each([
  ["whose machine slept too, which stops the steady clock", "wall"],
  ["whose clock was set back meanwhile", "steady"],
] as const)("takes nothing that came while the page was asleep %s, and opens again", async (_what, clock) => {
  const { promise: awake, resolve: wake } = Promise.withResolvers<void>();
  const body = new ReadableStream({
    start: async (controller) => {
      controller.enqueue(encoder.encode("event: samples\ndata: 1\n\n"));
      await awake;
      controller.enqueue(encoder.encode("event: samples\ndata: 2\n\n"));
    },
  });
  answerWith(
    () => new Response(body),
    () => chunks("event: samples\ndata: 3\n\n"),
  );
  const heard = listen();
  await expect.poll(() => heard.events).toEqual([["samples", "1"]]);
  const [wall, steady] = [Date.now(), performance.now()];
  const hour = 3_600_000;
  vi.spyOn(Date, "now").mockReturnValue(wall + (clock === "wall" ? hour : -hour));
  vi.spyOn(performance, "now").mockReturnValue(steady + (clock === "steady" ? hour : 0));
  wake();
  await expect.poll(() => heard.events.map(([, data]) => data), { timeout: 5_000 }).toEqual(["1", "3"]);
});

it("wakes by itself where the connection was cut without a word", async () => {
  const silent = (signal: AbortSignal): Response => {
    const start = (controller: ReadableStreamDefaultController) => {
      signal.addEventListener("abort", () => controller.error(signal.reason));
    };
    return new Response(new ReadableStream({ start }));
  };
  const answers = [silent, () => chunks("event: samples\ndata: 1\n\n")];
  vi.stubGlobal("fetch", async (_url: string, { signal }: { signal: AbortSignal }) => answers.shift()?.(signal));
  const heard = listen();
  await expect.poll(() => phases(heard)).toEqual(["connecting", "open"]);
  vi.spyOn(Date, "now").mockReturnValue(Date.now() + 3_600_000);
  await expect.poll(() => heard.events[0], { timeout: 5_000 }).toEqual(["samples", "1"]);
});
