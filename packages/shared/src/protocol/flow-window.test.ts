import { expect, it } from "vitest";
import { FlowWindow } from "./flow-window.ts";

const never = new AbortController().signal;

it("lets any amount through when it has no size", async () => {
  const window = new FlowWindow();
  for (let piece = 0; piece < 100; piece += 1) await window.take(1e9, never);
});

it("makes wait until enough was read", async () => {
  const window = new FlowWindow(100);
  await window.take(60, never);
  await window.take(60, never);
  let waited = true;
  const third = window.take(60, never).then(() => (waited = false));
  window.give(20);
  await Promise.resolve();
  expect(waited).toBe(true);
  window.give(1);
  await third;
  expect(waited).toBe(false);
});

it("keeps nobody waiting whose stream was closed", async () => {
  const window = new FlowWindow(1);
  await window.take(1, never);
  const closing = new AbortController();
  const waiting = window.take(1, closing.signal);
  closing.abort(new Error("closed"));
  await expect(waiting).rejects.toThrow("closed");
});
