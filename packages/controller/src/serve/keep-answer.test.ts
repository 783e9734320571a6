import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { keepAnswer } from "./keep-answer.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
afterEach(() => void vi.useRealTimers());

test("asks once in a while, and keeps the last answer when asking fails", async () => {
  const failures: unknown[] = [];
  const ask = vi.fn<() => Promise<string>>();
  const answer = keepAnswer(60_000, ask, (error) => failures.push(error));
  const broken = new Error("the store does not answer");

  ask.mockRejectedValueOnce(broken);
  await expect(answer()).rejects.toBe(broken);
  ask.mockResolvedValueOnce("one");
  expect([await answer(), await answer()]).toEqual(["one", "one"]);

  vi.advanceTimersByTime(61_000);
  ask.mockRejectedValueOnce(broken);
  expect([await answer(), await answer()]).toEqual(["one", "one"]);
  expect([failures, ask.mock.calls.length]).toEqual([[broken], 3]);

  vi.advanceTimersByTime(61_000);
  ask.mockResolvedValueOnce("two");
  expect(await answer()).toBe("two");
});
