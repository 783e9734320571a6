/** Whether a page of two hundred live charts leaves out frames that an idle page does not. */
import { setTimeout as pause } from "node:timers/promises";
import { BerthError } from "@berth/shared/errors";
import type { Browser, CDPSession, Page } from "playwright-core";
import * as z from "zod";
import { median, percentile, result, type BenchmarkResult } from "../result.ts";
import { ask, live, openContext } from "./browser.ts";
import { droppedFrames, periodOf } from "./dropped.ts";
import { traceFrames } from "./frame-work.ts";
import type { PageFleet } from "./fleet.ts";

const charts = 200;
const width = 1440;
const rounds = 3;
const settleMs = 5000;
const measuredMs = 20_000;

interface Watched {
  /** Milliseconds between frames. */
  intervals: number[];
  /** Of each frame, milliseconds of the processor on the main thread. */
  works: number[];
  /** Milliseconds a second of the main thread. */
  busy: number;
  scripts: number;
}

/** The two take turns: what else the machine does meets both. */
export async function measureFrames(browser: Browser, fleet: PageFleet): Promise<BenchmarkResult[]> {
  const context = await openContext(browser, fleet);
  try {
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send("Performance.enable");
    const idle: Watched[] = [];
    const busy: Watched[] = [];
    let shown = 0;
    for (let round = 0; round < rounds; round += 1) {
      await page.goto("about:blank");
      await pause(settleMs);
      idle.push(await watch(page, session));
      shown = await openCharts(page, fleet);
      await pause(settleMs);
      busy.push(await watch(page, session));
    }
    return results(shown, idle, busy);
  } finally {
    await context.close();
  }
}

function results(shown: number, idle: readonly Watched[], busy: readonly Watched[]): BenchmarkResult[] {
  const period = periodOf(idle.flatMap(({ intervals }) => intervals));
  const dropped = (list: readonly Watched[]) =>
    list.reduce((sum, { intervals }) => sum + droppedFrames(intervals, period), 0);
  const [ofIdle, ofCharts] = [dropped(idle), dropped(busy)];
  const works = busy.flatMap((one) => one.works);
  const thread = (list: readonly Watched[]) => median(list.map((one) => one.busy)).toFixed(0);
  const scripts = median(busy.map((one) => one.scripts)).toFixed(0);
  return [
    result({
      name: "page-frames",
      value: Math.max(0, ofCharts - ofIdle),
      unit: "frames left out beyond an idle page's",
      goal: 0,
      better: "lower",
      detail: `${shown} live charts, of ${Math.round((rounds * measuredMs) / period)} frames: ${ofCharts} left out, idle page ${ofIdle}; main thread ${thread(busy)} ms a second, ${scripts} of it scripts, idle page ${thread(idle)}`,
    }),
    result({
      name: "page-frame-work",
      value: percentile(works, 0.99),
      unit: "ms of work for a frame, 99th percentile",
      goal: 16.7,
      better: "lower",
      detail: `time of the processor on the main thread, ${shown} live charts: at most ${Math.max(...works).toFixed(1)} ms, ${works.filter((work) => work > period).length} of ${works.length} frames more than there is`,
    }),
  ];
}

const placedSchema = z.object({ shown: z.int(), height: z.number() });

/** The window becomes as high as it must be: charts that nobody sees are not painted. */
async function openCharts(page: Page, fleet: PageFleet): Promise<number> {
  await page.goto(fleet.url);
  await live(page);
  await page.locator(".sparkline").nth(charts).waitFor();
  const { height } = await ask(page, `berthProbe.sparklines(${charts})`, placedSchema);
  await page.setViewportSize({ width, height: Math.ceil(height) });
  const { shown } = await ask(page, `berthProbe.sparklines(${charts})`, placedSchema);
  if (shown < charts) throw new BerthError("lab.failed", `The window shows ${shown} charts, not ${charts}`);
  return shown;
}

async function watch(page: Page, session: CDPSession): Promise<Watched> {
  const before = await metricsOf(session);
  const begun = performance.now();
  let intervals: number[] = [];
  const works = await traceFrames(session, async () => {
    intervals = await ask(page, `berthProbe.frameIntervals(${measuredMs})`, z.array(z.number()));
  });
  const seconds = (performance.now() - begun) / 1000;
  const after = await metricsOf(session);
  const rate = (name: string) => (((after.get(name) ?? 0) - (before.get(name) ?? 0)) * 1000) / seconds;
  return { intervals, works, busy: rate("TaskDuration"), scripts: rate("ScriptDuration") };
}

/** Of the page's main thread, in seconds since it began. */
async function metricsOf(session: CDPSession): Promise<Map<string, number>> {
  const { metrics } = await session.send("Performance.getMetrics");
  return new Map(metrics.map(({ name, value }) => [name, value]));
}
