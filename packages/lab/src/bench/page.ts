/**
 * What a reader of the page waits for: the page in Debian's Chromium, the real controller, and simulated agents that
 * speak the protocol over TLS, all on loopback of one machine. No lab is needed. Chromium paints without a GPU.
 */
import { setTimeout as pause } from "node:timers/promises";
import { BerthError } from "@berth/shared/errors";
import type { Browser, Page } from "playwright-core";
import * as z from "zod";
import type { Bench } from "./fleet.ts";
import { ask, launchBrowser, live, makeAccount, openContext } from "./page/browser.ts";
import { delaysOf } from "./page/delays.ts";
import { measureFrames } from "./page/frames.ts";
import { layoutOf, openPageFleet, type PageFleet } from "./page/fleet.ts";
import { median, percentile, result, type BenchmarkResult } from "./result.ts";

const tenant = "user1";
/** 19 instances, 28 containers; the tenant has ten of them. */
const smallFleet = layoutOf(
  [
    { instances: 7, containers: 10 },
    { instances: 4, containers: 6 },
    { instances: 4, containers: 6 },
    { instances: 4, containers: 6 },
  ],
  tenant,
);
const largeFleet = layoutOf(Array.from({ length: 4 }, () => ({ instances: 50, containers: 50 })));
const viewRounds = 5;
const chartRounds = 7;
const pixelSeconds = 60;
/** What nobody sees is not painted. */
const allInView = { width: 1440, height: 2000 };
/** What was sent later may still be on its way. */
const underWayMs = 5000;

export async function benchmarkPage({ say }: Pick<Bench, "say">): Promise<BenchmarkResult[]> {
  const browser = await launchBrowser(say);
  try {
    say("page: 13 months of a tenant with ten containers are written");
    const ofSmall = await withFleet(smallFleet, async (fleet) => [
      ...(await measureView(browser, fleet)),
      await measurePixel(browser, fleet),
      await measureChart(browser, fleet),
    ]);
    say("page: 200 containers on 4 nodes");
    return [...ofSmall, ...(await withFleet(largeFleet, (fleet) => measureFrames(browser, fleet)))];
  } finally {
    await browser.close();
  }
}

async function withFleet<Value>(
  layout: PageFleet["layout"],
  measureIt: (fleet: PageFleet) => Promise<Value>,
): Promise<Value> {
  const fleet = await openPageFleet(layout);
  try {
    await makeAccount(fleet);
    return await measureIt(fleet);
  } finally {
    await fleet.close();
  }
}

/** Each round in a profile of its own: nothing is cached but the session. */
async function measureView(browser: Browser, fleet: PageFleet): Promise<BenchmarkResult[]> {
  const rounds: { milliseconds: number; scriptBytes: number; allBytes: number }[] = [];
  for (let round = 0; round < viewRounds; round += 1) rounds.push(await viewOnce(browser, fleet));
  const [one] = rounds;
  if (one === undefined) throw new BerthError("lab.failed", "The page was not opened");
  const taken = rounds.map(({ milliseconds }) => milliseconds);
  return [
    result({
      name: "page-view",
      value: median(taken) / 1000,
      unit: "s until the fleet is shown",
      goal: 1,
      better: "lower",
      detail: `4 nodes and 19 instances, nothing cached: median of ${viewRounds}, ${Math.min(...taken).toFixed(0)} to ${Math.max(...taken).toFixed(0)} ms`,
    }),
    result({
      name: "page-scripts",
      value: one.scriptBytes / 1000,
      unit: "kB of scripts for it",
      goal: 200,
      better: "lower",
      detail: `as they are sent; with styles, fonts and the document ${(one.allBytes / 1000).toFixed(0)} kB`,
    }),
  ];
}

async function viewOnce(browser: Browser, fleet: PageFleet) {
  const instances = fleet.layout.reduce((sum, node) => sum + node.instances.length, 0);
  const begin = `globalThis.berthShown = berthProbe.rowsPainted(${fleet.layout.length}, ${instances});`;
  const context = await openContext(browser, fleet, begin);
  try {
    const page = await context.newPage();
    const files: Promise<{ isScript: boolean; bytes: number }>[] = [];
    page.on("requestfinished", (request) => {
      if (new URL(request.url()).pathname.startsWith("/api/")) return;
      const isScript = request.resourceType() === "script";
      files.push(request.sizes().then(({ responseBodySize }) => ({ isScript, bytes: responseBodySize })));
    });
    await page.goto(fleet.url);
    const milliseconds = await ask(page, "berthShown", z.number());
    await live(page);
    const loaded = await Promise.all(files);
    const bytesOf = (list: typeof loaded) => list.reduce((sum, { bytes }) => sum + bytes, 0);
    return { milliseconds, scriptBytes: bytesOf(loaded.filter(({ isScript }) => isScript)), allBytes: bytesOf(loaded) };
  } finally {
    await context.close();
  }
}

const paintedSchema = z.array(z.object({ node: z.string(), text: z.string(), at: z.number() }));

async function measurePixel(browser: Browser, fleet: PageFleet): Promise<BenchmarkResult> {
  const context = await openContext(browser, fleet);
  try {
    const page = await context.newPage();
    await page.setViewportSize(allInView);
    await page.goto(fleet.url);
    await live(page);
    await page.locator("tr[data-instance]").first().waitFor();
    await pause(underWayMs);
    await page.evaluate("berthProbe.watchNumbers()");
    const from = Date.now();
    await pause(pixelSeconds * 1000 + underWayMs);
    const painted = await ask(page, "berthProbe.changes", paintedSchema);
    const to = from + pixelSeconds * 1000;
    const delays: number[] = [];
    for (const { node } of fleet.layout) {
      const ofNode = painted.filter((one) => one.node === node);
      delays.push(...delaysOf(await fleet.simulator.sentBy(node), ofNode, { from, to }));
    }
    return result({
      name: "page-sample",
      value: percentile(delays, 0.95) / 1000,
      unit: "s from sample to pixel, 95th percentile",
      goal: 1.5,
      better: "lower",
      detail: `${delays.length} samples of 4 nodes: median ${median(delays).toFixed(0)} ms, at most ${Math.max(...delays).toFixed(0)} ms`,
    });
  } finally {
    await context.close();
  }
}

async function measureChart(browser: Browser, fleet: PageFleet): Promise<BenchmarkResult> {
  const context = await openContext(browser, fleet);
  try {
    const page = await context.newPage();
    await page.goto(`${fleet.url}/tenants/${tenant}`);
    await live(page);
    await page.evaluate("berthProbe.watchCanvases()");
    const taken: number[] = [];
    for (let round = 0; round < chartRounds; round += 1) {
      await clickRange(page, "24 h");
      taken.push(await clickRange(page, "13 months"));
    }
    return result({
      name: "page-chart",
      value: median(taken),
      unit: "ms for 13 months of a tenant",
      goal: 200,
      better: "lower",
      detail: `from the click until four charts of ten containers are painted: median of ${chartRounds}, ${Math.min(...taken).toFixed(0)} to ${Math.max(...taken).toFixed(0)} ms`,
    });
  } finally {
    await context.close();
  }
}

async function clickRange(page: Page, label: string): Promise<number> {
  await page.locator(".chart-notes [role=status]", { hasText: "Averages of" }).waitFor();
  const painted = ask(page, "berthProbe.chartsPainted()", z.number());
  await page.getByRole("button", { name: label, exact: true }).click();
  return painted;
}
