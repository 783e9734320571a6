import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createTeller, type Teller } from "./teller.ts";

let frames: (() => void)[];
let teller: Teller;
let told: string[];

beforeEach(() => {
  frames = [];
  told = [];
  vi.useFakeTimers();
  vi.stubGlobal("requestAnimationFrame", (callback: () => void) => frames.push(callback));
  vi.stubGlobal("cancelAnimationFrame", (id: number) => delete frames[id - 1]);
  teller = createTeller();
});

afterEach(() => {
  teller.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Answers what was told in it. */
function frame(): string[] {
  told = [];
  for (const callback of frames.splice(0)) callback?.();
  return told;
}

it("tells all of what changed, part by part", () => {
  const rows = Array.from({ length: 160 }, (_, index) => `row ${index}`);
  for (const row of rows) teller.add("node1", () => told.push(row));
  teller.add("node2", () => told.push("another"));
  teller.request("node1");
  const parts = [frame(), frame(), frame(), frame()];
  expect(parts.flat()).toEqual(rows);
  expect(Math.max(...parts.map((part) => part.length))).toBeLessThan(80);
});

it("tells the same no sooner than ten seconds later, and nothing of what is gone", () => {
  const remove = teller.add("node1", () => told.push("row"));
  teller.request("node1");
  expect(frame()).toEqual(["row"]);
  vi.advanceTimersByTime(9000);
  teller.request("node1");
  expect(frame()).toEqual([]);
  vi.advanceTimersByTime(1000);
  teller.request("node1");
  remove();
  expect(frame()).toEqual([]);
});
