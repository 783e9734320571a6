import { getHistory } from "@berth/shared/api/metrics";
import { formatCores } from "@berth/shared/metrics/units";
import type { Page, Route } from "playwright-core";
import { expect, it } from "vitest";
import { until, usePages } from "../../test/page-harness.ts";

const { open } = usePages();
const hour = 3_600_000;
const day = 24 * hour;
const phone = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

const chartOf = (page: Page, title = "CPU") => page.getByRole("region", { name: title, exact: true });
const choiceOf = (page: Page) => page.getByLabel("Compare with");
const earlierOf = (page: Page, title = "CPU") => chartOf(page, title).locator("li").first().locator(".earlier.value");
const searchOf = (page: Page) => new URL(page.url()).search;

/** A whole hour that is over. Of the fourth one of each day the stand-in has nothing: it is not that, nor after it. */
function hourShown(): { from: number; search: string } {
  const latest = Math.floor(Date.now() / hour) * hour - 2 * hour;
  const from = [3, 4].includes(new Date(latest).getUTCHours()) ? latest - 2 * hour : latest;
  const moment = (at: number) => new Date(at).toISOString().replace(".000Z", "Z");
  return { from, search: `?from=${moment(from)}&to=${moment(from + hour)}` };
}

async function shown(page: Page, title = "CPU"): Promise<void> {
  await page.getByRole("status").getByText("shaded up to the maximum").waitFor();
  await chartOf(page, title).locator(".most").first().getByText(/^\d/).waitFor();
}

async function compared(page: Page, title = "CPU"): Promise<void> {
  await shown(page, title);
  await earlierOf(page, title).getByText(/^\d/).waitFor();
}

/** Whether or not something was measured: these spans end now, whatever the hour. */
async function earlierTold(page: Page): Promise<void> {
  await earlierOf(page)
    .getByText(/^[\d–]/)
    .waitFor();
}

const drawn = (page: Page) =>
  chartOf(page)
    .locator("canvas")
    .evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
/** What is measured each second: disks are asked for beside it. */
const isUse = (call: string) => call.startsWith("GET /api/history/node/user1?") && call.includes("columns=cpuCores");
const startOf = (route: Route) => Date.parse(new URL(route.request().url()).searchParams.get("from") ?? "");

it("draws the earlier average into each chart, says it in the legend, and takes it away again", async () => {
  const { from, search } = hourShown();
  const { page, standIn, url } = await open({ path: `/nodes/user1${search}` });
  const asked = () => standIn.asked.filter(isUse);
  await shown(page);
  const alone = await drawn(page);
  expect(asked().length).toBe(1);
  await choiceOf(page).selectOption("a day before");
  await compared(page);
  expect(searchOf(page)).toBe(`${search}&compare=day`);
  expect(asked().filter((call) => call.includes(encodeURIComponent(new Date(from - day).toISOString()))).length).toBe(
    1,
  );
  await until("another curve", async () => (await drawn(page)) !== alone);
  for (const title of ["Memory", "Network", "Disk"]) await compared(page, title);

  const span = { from: new Date(from - day).toISOString(), to: new Date(from - day + hour).toISOString() };
  const query = new URLSearchParams({ ...span, columns: "cpuCores", points: "400" });
  const answer = await page.request.get(`${url}/api/history/node/user1?${query.toString()}`);
  const { series, stepSeconds } = getHistory.response.parse(await answer.json());
  // Kept coarser than the hour shown.
  expect(stepSeconds).toBe(60);
  await page
    .getByText(/^Averages of 10 s, and of 15 min for stores and disks;.* Dotted: .*, averages of 1 min\.$/)
    .waitFor();
  const values = series[0]?.columns.cpuCores?.average ?? [];
  const average = values.reduce<number>((sum, value) => sum + (value ?? 0), 0) / values.length;
  expect(await earlierOf(page).innerText()).toBe(formatCores(average));

  const before = asked().length;
  await choiceOf(page).selectOption("nothing");
  await until("one curve", async () => (await drawn(page)) === alone);
  expect(await page.getByText("earlier", { exact: true }).count()).toBe(0);
  expect(searchOf(page)).toBe(search);
  await shown(page);
  const after = asked().slice(before);
  expect(after.map((call) => new URL(call.slice(4), url).searchParams.get("from"))).toEqual([
    new Date(from).toISOString(),
  ]);
});

it("is in the link, and has both values under the cursor", async () => {
  const { search } = hourShown();
  const { page } = await open({ path: `/instances/user2-n8n${search}&compare=before` });
  await compared(page);
  expect(await choiceOf(page).inputValue()).toBe("before");
  const whole = await chartOf(page).locator("li").first().locator(".value").allInnerTexts();
  await chartOf(page)
    .locator(".u-over")
    .hover({ position: { x: 100, y: 60 } });
  const values = () => chartOf(page).locator("li").first().locator(".value").allInnerTexts();
  await until("values of one step", async () => (await values()).join() !== whole.join());
  for (const value of await values()) expect(value).toMatch(/^\d/);
  expect(whole.length).toBe(3);
});

it("is kept while one moves, zooms and takes another range, and not offered for the live view", async () => {
  const { page, standIn } = await open({ path: "/nodes/user1?range=24h&compare=week" });
  await compared(page);
  await page.getByRole("button", { name: "1 h", exact: true }).click();
  expect(searchOf(page)).toBe("?range=1h&compare=week");
  for (const name of ["Earlier", "Zoom in"]) {
    await page.getByRole("button", { name, exact: true }).click();
    expect(searchOf(page)).toMatch(/^\?from=.*&to=.*&compare=week$/);
  }
  await earlierTold(page);
  await page.getByRole("button", { name: "15 min, live" }).click();
  await chartOf(page).getByText("now", { exact: true }).waitFor();
  expect(await choiceOf(page).isDisabled()).toBe(true);
  expect(await choiceOf(page).getAttribute("title")).toMatch(/live view is not compared/);
  const before = standIn.asked.filter(isUse).length;
  await page.getByRole("button", { name: "24 h" }).click();
  await compared(page);
  expect(await choiceOf(page).isDisabled()).toBe(false);
  expect(standIn.asked.filter(isUse).length).toBe(before + 2);
});

it("compares what is a tenant's, for which there is no live view", async () => {
  const { page } = await open({ path: "/tenants/user1" });
  await choiceOf(page).selectOption("the time before");
  await earlierTold(page);
  expect(searchOf(page)).toBe("?compare=before");
});

it("shows the time that was asked for, and says why what it is compared with cannot be had", async () => {
  const { from, search } = hourShown();
  const { page } = await open({ path: `/nodes/user1${search}` });
  await shown(page);
  await page.route("**/api/history/**", (route) => (startOf(route) < from ? route.abort() : route.continue()));
  await choiceOf(page).selectOption("a day before");
  await page.getByRole("alert").getByText("Metrics to compare with:").waitFor();
  await shown(page);
  expect(await earlierOf(page).count()).toBe(0);
  await choiceOf(page).selectOption("nothing");
  await page.getByRole("alert").waitFor({ state: "detached" });
});

it("says of what nothing was measured", async () => {
  const { from, search } = hourShown();
  const { page } = await open({ path: `/nodes/user1${search}` });
  await shown(page);
  await page.route("**/api/history/**", async (route) => {
    if (startOf(route) >= from) return await route.continue();
    const response = await route.fetch();
    const answer = getHistory.response.parse(await response.json());
    await route.fulfill({ response, json: { ...answer, series: [] } });
  });
  await choiceOf(page).selectOption("a week before");
  await page.getByText(/Dotted: .*, of which nothing was measured\.$/).waitFor();
  expect(await earlierOf(page).innerText()).toBe("–");
});

it("shows a chart of which there was something in the earlier time alone", async () => {
  const { from, search } = hourShown();
  const { page } = await open({ path: `/nodes/user1${search}` });
  await shown(page);
  expect(await chartOf(page, "Pressure").count()).toBe(0);
  await page.route("**/api/history/**", async (route) => {
    if (startOf(route) >= from) return await route.continue();
    const response = await route.fetch();
    const answer = getHistory.response.parse(await response.json());
    answer.series[0]?.columns.cpuPressure?.average.fill(0.5);
    await route.fulfill({ response, json: answer });
  });
  await choiceOf(page).selectOption("a day before");
  await compared(page, "Pressure");
  expect(await earlierOf(page, "Pressure").innerText()).toBe("50 %");
  await choiceOf(page).selectOption("nothing");
  await chartOf(page, "Pressure").waitFor({ state: "detached" });
});

it("fits a phone", async () => {
  const { page, url } = await open({ browser: phone, path: "/nodes/user1" });
  for (const path of ["/nodes/user1", "/instances/user2-n8n", "/tenants/user1"]) {
    await page.goto(`${url}${path}?range=24h&compare=before`);
    await compared(page);
    expect([path, await page.evaluate(() => document.documentElement.scrollWidth)]).toEqual([path, 360]);
    const bar = await page.locator(".ranges").boundingBox();
    const choice = await choiceOf(page).boundingBox();
    expect((choice?.x ?? 0) + (choice?.width ?? Infinity)).toBeLessThanOrEqual((bar?.x ?? 0) + (bar?.width ?? 0));
  }
});
