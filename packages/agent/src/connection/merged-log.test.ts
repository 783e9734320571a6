import { Readable } from "node:stream";
import { expect, it } from "vitest";
import type { ContainerDetails, ContainerSummary, LogOptions } from "../docker/engine.ts";
import { MergedLog } from "./merged-log.ts";

type Entry = [second: number, text: string, channel?: "stderr"];

/** What is sent waits for `gate`, as it does for a reader that is slow. */
function setUp(logs: Record<string, Entry[]>, gate: Promise<void> = Promise.resolve()) {
  const sent: string[] = [];
  const read = new Map<string, number>();
  const engine = {
    logs: async (id: string, { tail, follow }: LogOptions): Promise<Readable> => {
      const entries = (logs[id] ?? []).slice(-(tail ?? Infinity));
      return Readable.from(frames(id, entries, follow), { objectMode: true, highWaterMark: 1 });
    },
    inspectContainer: async (): Promise<ContainerDetails> => ({ startedAt: "then" }) as ContainerDetails,
  };
  function* frames(id: string, entries: Entry[], follow: boolean): Generator<Buffer> {
    for (const entry of entries) {
      if (follow) read.set(id, (read.get(id) ?? 0) + 1);
      yield frame(entry);
    }
  }
  const list = async (): Promise<ContainerSummary[]> =>
    Object.keys(logs).map((id) => ({ id, name: id }) as ContainerSummary);
  const send = async (container: string, channel: string, data: Buffer): Promise<void> => {
    await gate;
    sent.push(`${container} ${channel}: ${data.toString()}`);
  };
  const run = (options: Partial<LogOptions & { tail: number }>): Promise<void> => {
    const rest = { follow: false, tail: 100, timestamps: false, signal: AbortSignal.timeout(10_000) };
    return new MergedLog({ engine, list, send }, { ...rest, ...options }).run();
  };
  return { sent, read, run };
}

const timeOf = (second: number): string => `2026-11-30T21:00:${String(second).padStart(2, "0")}.000000000Z`;

function frame([second, text, channel]: Entry): Buffer {
  const body = Buffer.from(`${timeOf(second)} ${text}`);
  const head = Buffer.alloc(8);
  head[0] = channel === "stderr" ? 2 : 1;
  head.writeUInt32BE(body.length, 4);
  return Buffer.concat([head, body]);
}

const web: Entry[] = [
  [1, "one\n"],
  [3, "three\n", "stderr"],
  [5, "five\n"],
];
const worker: Entry[] = [
  [2, "two\n"],
  [4, "four\n"],
  [6, "six\n"],
];

it("gives what all have, in the order of time", async () => {
  const { sent, run } = setUp({ web, worker });
  await run({});
  expect(sent).toEqual([
    "web stdout: one\n",
    "worker stdout: two\n",
    "web stderr: three\n",
    "worker stdout: four\n",
    "web stdout: five\n",
    "worker stdout: six\n",
  ]);
});

it.each([
  [4, ["web stderr: three\n", "worker stdout: four\n", "web stdout: five\n", "worker stdout: six\n"]],
  [1, ["worker stdout: six\n"]],
  [0, []],
])("gives the newest %i of all together", async (tail, lines) => {
  const { sent, run } = setUp({ web, worker, silent: [] });
  await run({ tail });
  expect(sent).toEqual(lines);
});

it("tells the time of a line once, however many pieces Docker makes of it", async () => {
  const { sent, run } = setUp({
    web: [
      [1, "begin, "],
      [1, "end\n"],
      [2, "next\n"],
    ],
  });
  await run({ timestamps: true });
  expect(sent.join("")).toContain(`${timeOf(1)} begin, `);
  expect(sent.map((text) => text.replace("web stdout: ", "")).join("")).toBe(
    `${timeOf(1)} begin, end\n${timeOf(2)} next\n`,
  );
});

it("reads no further while nothing can be sent", async () => {
  const flood = Array.from({ length: 10_000 }, (_, index): Entry => [1, `${index}\n`]);
  const gate = Promise.withResolvers<void>();
  const { sent, read, run } = setUp({ web: flood, worker: flood }, gate.promise);
  const running = run({ follow: true, tail: 20_000 });
  for (let turn = 0; turn < 1000; turn += 1) await new Promise(setImmediate);
  expect(read.get("web")).toBeLessThan(100);
  expect(read.get("worker")).toBeLessThan(100);
  gate.resolve();
  await running;
  const texts = (container: string): string[] =>
    sent.flatMap((text) => (text.startsWith(container) ? [text.replace(`${container} stdout: `, "")] : []));
  for (const container of ["web", "worker"]) {
    expect(texts(container).join("")).toBe(flood.map(([, text]) => text).join(""));
  }
});
