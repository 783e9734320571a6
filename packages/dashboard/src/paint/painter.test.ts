import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createPainter, type Painter } from "./painter.ts";

/** What the browser has of it, by hand: frames are made when a test says so, and what is seen is what it says. */
let frames: (() => void)[];
let see: (elements: readonly Element[], isIntersecting?: boolean) => void;
let painter: Painter;
let painted: string[];

beforeEach(() => {
  frames = [];
  painted = [];
  vi.useFakeTimers();
  vi.stubGlobal("requestAnimationFrame", (callback: () => void) => frames.push(callback));
  vi.stubGlobal("cancelAnimationFrame", (id: number) => delete frames[id - 1]);
  vi.stubGlobal(
    "IntersectionObserver",
    class {
      constructor(report: (entries: { target: Element; isIntersecting: boolean }[]) => void) {
        see = (elements, isIntersecting = true) => report(elements.map((target) => ({ target, isIntersecting })));
      }
      observe(): void {}
      unobserve(): void {}
      disconnect(): void {}
    },
  );
  painter = createPainter();
});

afterEach(() => {
  painter.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Answers what was painted in it. */
function frame(): string[] {
  painted = [];
  for (const callback of frames.splice(0)) callback?.();
  return painted;
}

function add(names: readonly string[], topic = "node"): Element[] {
  return names.map((name) => {
    // The painter only compares elements.
    const element = { name } as unknown as Element;
    painter.add(element, topic, () => painted.push(name));
    return element;
  });
}

const hundred = Array.from({ length: 100 }, (_, index) => `chart ${index}`);

it("paints what comes into view, and nothing else", () => {
  const [first] = add(["seen", "unseen"]);
  see(first === undefined ? [] : [first]);
  expect(frame()).toEqual(["seen"]);
  painter.request("node");
  vi.advanceTimersByTime(1000);
  expect([frame(), frame()]).toEqual([["seen"], []]);
});

it("spreads what many nodes brought over several frames, each once, those first that wait for longest", () => {
  see(add(hundred));
  const [one, two, three, four] = [frame(), frame(), frame(), frame()];
  expect(one.length).toBeLessThan(50);
  expect([...one, ...two, ...three, ...four]).toEqual(hundred);
  painter.request("node");
  vi.advanceTimersByTime(1000);
  const begun = frame();
  // What came meanwhile waits behind the rest of what was there.
  painter.request("node");
  expect(frame()).toEqual(hundred.slice(begun.length, 2 * begun.length));
});

it("rests between what comes, so that nodes share frames", () => {
  see([...add(["first"], "node1"), ...add(["second"], "node2")]);
  frame();
  painter.request("node1");
  vi.advanceTimersByTime(200);
  painter.request("node2");
  expect(frame()).toEqual([]);
  vi.advanceTimersByTime(200);
  expect(frame()).toEqual(["first", "second"]);
});

it("paints what moves with time every few seconds, also when nothing comes", () => {
  const element = { name: "chart" } as unknown as Element;
  painter.add(element, "node", () => painted.push("chart"), true);
  see([element, ...add(["number"])]);
  frame();
  const times = Array.from({ length: 60 }, () => {
    vi.advanceTimersByTime(1000);
    return frame();
  }).flat();
  expect(new Set(times)).toEqual(new Set(["chart"]));
  expect(times.length).toBeGreaterThanOrEqual(5);
  expect(times.length).toBeLessThanOrEqual(12);
});

it("paints everything in one frame for another theme", () => {
  see(add(hundred));
  painter.requestAll();
  expect(frame()).toEqual(hundred);
});
