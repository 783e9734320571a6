/** What a page is put through that stays open: it sleeps, it is told of an hour, it shows far more than it was made for. */
import type { CDPSession, Page } from "playwright-core";
import { afterEach, expect, it, vi } from "vitest";
import { live, until, usePages } from "../test/page-harness.ts";
import { samplesOf } from "../test/stand-in/samples.ts";
import type { StandIn } from "../test/stand-in/stand-in.ts";

const { open } = usePages();
afterEach(() => vi.useRealTimers());

const hour = 3_600_000;
const mebibyte = 1024 ** 2;

declare global {
  // oxlint-disable-next-line no-var -- what is put into the page
  var clockAhead: number;
}

/** Gives the page a clock that can be put forward, as it finds it after a sleep. */
async function withClock(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const now = Date.now.bind(Date);
    globalThis.clockAhead = 0;
    Date.now = () => now() + globalThis.clockAhead;
  });
  await page.reload();
}

async function devtools(page: Page): Promise<CDPSession> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  return session;
}

async function heapBytes(session: CDPSession): Promise<number> {
  await session.send("HeapProfiler.collectGarbage");
  return (await session.send("Runtime.getHeapUsage")).usedSize;
}

const pasts = (standIn: StandIn) => standIn.asked.filter((call) => call.startsWith("GET /api/samples?")).length;
const streams = (standIn: StandIn) => standIn.asked.filter((call) => call.startsWith("GET /api/live?")).length;

it("that was asleep for an hour shows the present within seconds, and nothing that came in its sleep", async () => {
  const { page, standIn } = await open();
  await withClock(page);
  await live(page);
  const cpu = page.locator("tr.node-row", { hasText: "user1" }).locator(".metric .value").first();
  await cpu.getByText(/\d/).waitFor();
  const session = await devtools(page);
  const [before, opened, filled] = [await cpu.innerText(), streams(standIn), pasts(standIn)];

  await session.send("Page.setWebLifecycleState", { state: "frozen" });
  standIn.changeInstance("shared-redis", { state: "unhealthy" });
  // What waits in the connection, and is an hour old when the page looks at it.
  await new Promise((resolve) => setTimeout(resolve, 2500));
  // It is told what it missed by nobody: what became of this instance comes with the first look.
  standIn.mute = true;
  standIn.changeInstance("shared-redis", { state: "stopped" });
  standIn.mute = false;
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + hour });
  await page.evaluate((ahead) => (globalThis.clockAhead = ahead), hour);
  await session.send("Page.setWebLifecycleState", { state: "active" });

  await page.locator(`[data-instance="shared-redis"]`).getByText("stopped").waitFor({ timeout: 6000 });
  await live(page);
  expect(streams(standIn)).toBe(opened + 1);
  // The past is asked for anew: the curve has no gap where the controller was not asleep.
  await until("the past to be asked for again", () => pasts(standIn) === filled + 1);
  await until("numbers of the present", async () => (await cpu.innerText()) !== before);
  expect(await page.getByTestId("stale-notice").count()).toBe(0);
});

it("that is told of an hour, second by second, holds no more than of its first minutes", async () => {
  const { page, standIn } = await open({ path: "/nodes/user1" });
  await live(page);
  const session = await devtools(page);
  let at = Date.now() + 1000;
  const tell = async (seconds: number): Promise<void> => {
    for (const end = at + seconds * 1000; at < end; at += 60_000) {
      for (const node of standIn.nodes) {
        for (let second = at; second < at + 60_000; second += 1000) {
          standIn.tell("samples", samplesOf(node, standIn.instances, second, second));
        }
      }
      // As fast as it takes them.
      const marker = `at-${at}`;
      standIn.changeInstance("user1-n8n", { version: marker });
      await page.getByText(marker).first().waitFor();
    }
  };
  await tell(900);
  const before = await heapBytes(session);
  await tell(3600);
  // The samples of an hour alone would be more than three.
  expect((await heapBytes(session)) - before).toBeLessThan(2 * mebibyte);
});

it("with 500 instances on one node shows each, stays quick, and draws only what is in view", async () => {
  const { page, standIn } = await open({
    prepare: ({ instances }) => {
      const [model] = instances.filter(({ node }) => node === "user1");
      for (let index = instances.filter(({ node }) => node === "user1").length; index < 500; index += 1) {
        const name = `user1-c${index}`;
        instances.push({ ...model!, name, containers: [{ ...model!.containers[0]!, name }] });
      }
    },
  });
  await live(page);
  await until("all rows", async () => (await page.locator("[data-instance]").count()) === standIn.instances.length);
  const last = page.locator(`[data-instance="user1-c499"]`);
  await last.scrollIntoViewIfNeeded();
  await last.locator(".value").first().getByText(/\d/).waitFor();
  const session = await devtools(page);
  const busySeconds = async (): Promise<number> => {
    const { metrics } = await session.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN;
  };
  const before = await busySeconds();
  await page.waitForTimeout(5000);
  expect((await busySeconds()) - before).toBeLessThan(2.5);
  standIn.changeInstance("user1-c499", { state: "unhealthy" });
  await last.getByText("unhealthy").waitFor({ timeout: 2000 });
});
