import { BerthError } from "@berth/shared/errors";
import { beforeEach, describe, expect, test } from "vitest";
import { RemoteWrite, type RemoteWriteTarget } from "./remote-write.ts";

const minute = 60_000;
let now: number;
/** What the receiver does with the next ones; taken when there is nothing left. */
let answers: (number | Error)[];
let taken: string[];
let told: (string | null)[];
let bytes: number;
let remoteWrite: RemoteWrite;

const target: RemoteWriteTarget = {
  intervalSeconds: 15,
  async post(body) {
    const answer = answers.shift() ?? 200;
    if (answer instanceof Error) throw answer;
    const isTaken = answer < 300;
    if (isTaken) taken.push(Buffer.from(body).toString().trim());
    return { status: answer, isTaken, text: `${answer} said` };
  },
};

beforeEach(() => {
  [now, answers, taken, told, bytes] = [0, [], [], [], 10];
  remoteWrite = new RemoteWrite({
    target: () => target,
    values: async () => [],
    // The moment's number, as long as it is wanted.
    encode: (_values, at) => Buffer.from(String(at).padEnd(bytes)),
    onChange: (problem) => void told.push(problem),
    clock: { now: () => now },
  });
});

async function turns(...moments: number[]): Promise<void> {
  for (const moment of moments) {
    now = moment;
    await remoteWrite.turn(target);
  }
}

test("each moment is sent once", async () => {
  await turns(1, 2, 3);
  expect(taken).toEqual(["1", "2", "3"]);
  expect(told).toEqual([]);
});

describe("a receiver that is away", () => {
  test.each<[string, number | Error]>([
    ["answers nothing", new BerthError("store.failed", "cannot be reached")],
    ["answers 503", 503],
    ["answers 429", 429],
  ])("and %s gets what it missed afterwards, in order, and is told of once", async (_what, failure) => {
    answers = [failure, failure];
    await turns(1, 2);
    expect(taken).toEqual([]);
    await turns(3);
    expect(taken).toEqual(["1", "2", "3"]);
    expect(told).toEqual([expect.any(String), null]);
  });

  test("for longer than an hour misses what is older", async () => {
    answers = [503, 503];
    await turns(0, 30 * minute, 75 * minute);
    expect(taken).toEqual([String(30 * minute), String(75 * minute)]);
  });

  test("costs 16 MiB at most", async () => {
    bytes = 6 * 1024 ** 2;
    answers = [503, 503, 503];
    await turns(1, 2, 3, 4);
    expect(taken).toEqual(["3", "4"]);
  });
});

test("what is refused for good is told, and not sent again", async () => {
  answers = [400];
  await turns(1, 2);
  expect(taken).toEqual(["2"]);
  expect(told).toEqual(["400 said", null]);
});

test("a fleet that asks for none any more keeps nothing back", async () => {
  answers = [503];
  await turns(1);
  await remoteWrite.turn(null);
  await turns(2);
  expect(taken).toEqual(["2"]);
});

test("it ends at once, also in the middle of a request", async () => {
  const ends: (string | null)[] = [];
  const hanging = new RemoteWrite({
    target: () => ({
      intervalSeconds: 15,
      post: (_body, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(new BerthError("store.failed", "ended")));
        }),
    }),
    values: async () => [],
    encode: () => new Uint8Array(),
    onChange: (problem) => void ends.push(problem),
  });
  hanging.start();
  await new Promise((resolve) => setImmediate(resolve));
  await hanging.close();
  expect(ends).toEqual([]);
});
