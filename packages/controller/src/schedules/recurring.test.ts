import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createRecurring, untilMoment, type Recurring } from "./recurring.ts";

const minute = 60_000;
let looks: string[];
let failures: unknown[];
let work: () => Promise<number>;
let recurring: Recurring;

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse("2026-11-24T04:00:00Z") });
  [looks, failures] = [[], []];
  work = async () => 10 * minute;
  recurring = createRecurring({
    startDelayMilliseconds: minute,
    work: () => {
      looks.push(new Date().toISOString().slice(11, 19));
      return work();
    },
    onFailure: (error) => void failures.push(error),
    failureMilliseconds: 3 * minute,
  });
});
afterEach(async () => {
  await recurring.close();
  vi.useRealTimers();
});

test("it looks again when the last look said, at the latest after an hour", async () => {
  await vi.advanceTimersByTimeAsync(12 * minute);
  expect(looks).toEqual(["04:01:00", "04:11:00"]);
  work = async () => untilMoment(null);
  await vi.advanceTimersByTimeAsync(70 * minute);
  expect(looks.slice(2)).toEqual(["04:21:00", "05:21:00"]);
});

test("it looks at once when it is told to, but not before the start is over", async () => {
  recurring.look();
  await vi.advanceTimersByTimeAsync(59_000);
  expect(looks).toEqual([]);
  await vi.advanceTimersByTimeAsync(2 * minute);
  expect(looks).toEqual(["04:01:00"]);
  recurring.look();
  recurring.look();
  await vi.advanceTimersByTimeAsync(2000);
  expect(looks).toEqual(["04:01:00", "04:03:00"]);
});

test("one look comes after the other, and closing waits for it", async () => {
  const slow = Promise.withResolvers<number>();
  work = () => slow.promise;
  await vi.advanceTimersByTimeAsync(minute);
  recurring.look();
  await vi.advanceTimersByTimeAsync(minute);
  expect(looks).toHaveLength(1);
  let isClosed = false;
  const closing = recurring.close().then(() => (isClosed = true));
  await vi.advanceTimersByTimeAsync(minute);
  expect(isClosed).toBe(false);
  slow.resolve(minute);
  await closing;
  await vi.advanceTimersByTimeAsync(60 * minute);
  expect(looks).toHaveLength(1);
});

test("a look that fails is told, and followed by another", async () => {
  work = () => Promise.reject(new Error("busy"));
  await vi.advanceTimersByTimeAsync(5 * minute);
  expect(looks).toEqual(["04:01:00", "04:04:00"]);
  expect(failures).toMatchObject([{ message: "busy" }, { message: "busy" }]);
});

test("a moment is waited for a second longer: at its very time nothing is due", () => {
  expect(untilMoment(Date.now() + 5000)).toBe(6000);
});
