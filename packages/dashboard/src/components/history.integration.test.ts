import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { live, until, usePages } from "../../test/page-harness.ts";

const { open } = usePages();

const chartOf = (page: Page, title = "CPU") => page.getByRole("region", { name: title, exact: true });
const searchOf = (page: Page) => new URL(page.url()).search;

async function shown(page: Page): Promise<void> {
  await page.getByRole("status").getByText("shaded up to the maximum").waitFor();
  await chartOf(page).locator(".most").first().getByText(/^\d/).waitFor();
}

/** Shares of the chart's width. */
async function dragAcross(page: Page, from: number, to: number): Promise<void> {
  const box = await chartOf(page).locator(".u-over").boundingBox();
  if (box === null) throw new Error("The chart is not on the page");
  await page.mouse.move(box.x + box.width * from, box.y + 60);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * (from + to) * 0.5, box.y + 60, { steps: 4 });
  await page.mouse.move(box.x + box.width * to, box.y + 60, { steps: 4 });
  await page.mouse.up();
}

it("shows the range that the address names, with average and maximum of each curve", async () => {
  const { page } = await open({ path: "/nodes/user1?range=24h" });
  await shown(page);
  expect(await page.getByRole("button", { name: "24 h" }).getAttribute("aria-pressed")).toBe("true");
  for (const title of ["CPU", "Memory", "Network", "Disk"]) await chartOf(page, title).locator("canvas").waitFor();
  const values = await chartOf(page).locator("li").first().locator(".value").allInnerTexts();
  const [average, maximum] = values.map(Number);
  expect(maximum).toBeGreaterThanOrEqual(average ?? Number.NaN);
  expect(await page.getByRole("status").first().innerText()).toMatch(/^Averages of 3\.7 min, from 10 s steps/);
});

it("goes from range to range by the keyboard, and back by the browser", async () => {
  const { page } = await open({ path: "/instances/user2-n8n" });
  await page.getByRole("button", { name: "7 d" }).focus();
  await page.keyboard.press("Enter");
  await shown(page);
  expect(searchOf(page)).toBe("?range=7d");
  await page.getByRole("button", { name: "Zoom in" }).focus();
  await page.keyboard.press("Enter");
  await until("a span of half of it", () => searchOf(page).startsWith("?from="));
  const { from, to } = Object.fromEntries(new URL(page.url()).searchParams);
  expect(Date.parse(to ?? "") - Date.parse(from ?? "")).toBe(3.5 * 86_400_000);
  await page.goBack();
  expect(searchOf(page)).toBe("?range=7d");
  await page.goBack();
  expect(searchOf(page)).toBe("");
  await page.getByText("15 min, live").waitFor();
});

it("zooms into what is dragged across, and a link to it shows the same", async () => {
  const { page, url } = await open({ path: "/nodes/user1?range=24h" });
  await shown(page);
  await dragAcross(page, 0.5, 0.75);
  await until("a span in the address", () => searchOf(page).startsWith("?from="));
  const { from, to } = Object.fromEntries(new URL(page.url()).searchParams);
  const hours = (Date.parse(to ?? "") - Date.parse(from ?? "")) / 3_600_000;
  expect(hours).toBeGreaterThan(5);
  expect(hours).toBeLessThan(7);
  await page.getByText(/^Averages of (?:50 s|1 min)/).waitFor();
  // Away from the chart: its legend is of the whole span again.
  await page.mouse.move(1, 1);
  const before = await chartOf(page).locator("li").first().innerText();
  await page.goto(url + new URL(page.url()).pathname + searchOf(page));
  await page.getByText(/^Averages of (?:50 s|1 min)/).waitFor();
  await shown(page);
  expect(await chartOf(page).locator("li").first().innerText()).toBe(before);
});

it("zooms from the live view into the history", async () => {
  const { page, standIn } = await open({ path: "/nodes/user1" });
  await chartOf(page).locator(".value").first().getByText(/^\d/).waitFor();
  await dragAcross(page, 0.2, 0.6);
  await until("a span in the address", () => searchOf(page).startsWith("?from="));
  await shown(page);
  expect(standIn.asked.some((call) => call.startsWith("GET /api/history/node/user1?"))).toBe(true);
});

it("says that a link names no time, until another one is chosen", async () => {
  const { page } = await open({ path: "/nodes/user1?from=2026-11-24T06:00:00Z&to=2026" });
  const problem = page.getByText("The link names no time that can be shown (it may have been cut)");
  await problem.waitFor();
  expect(await page.getByRole("button", { name: "15 min, live" }).getAttribute("aria-pressed")).toBe("true");
  await page.getByRole("button", { name: "24 h" }).click();
  await problem.waitFor({ state: "detached" });
});

it("adds up what is a tenant's", async () => {
  const { page, standIn } = await open({ path: "/tenants/user1?range=1h" });
  await shown(page);
  expect(standIn.asked.some((call) => call.startsWith("GET /api/history/tenant/user1?"))).toBe(true);
});

it("shows what stores hold for a tenant, each thing apart, with the same spans and comparison", async () => {
  const { page, standIn } = await open({ path: "/tenants/user2?range=30d&compare=before" });
  await shown(page);
  const names = async (title: string) =>
    (await chartOf(page, title).locator("li").allInnerTexts()).map((text) => text.trim().split(/\s/)[0]);
  expect(await names("Databases")).toEqual(["user2_flowise", "user2_n8n", "user2_openwebui"]);
  expect(await names("Buckets")).toEqual(["user2-uploads"]);
  const executions = chartOf(page, "Rows in databases").locator("li").filter({ hasText: "user2_n8n executions" });
  expect(Number(await executions.locator(".value").first().innerText())).toBeGreaterThan(100);
  expect(await executions.locator(".value.earlier").innerText()).toMatch(/^\d+$/);
  const calls = standIn.asked.filter((call) => call.startsWith("GET /api/history/tenant/user2?"));
  // Two requests, each of this time and of the one before.
  expect(calls).toHaveLength(4);
  expect(calls.filter((call) => call.includes("databaseBytes"))).toHaveLength(2);
});

it("says how far apart points are of what stores are asked for seldom", async () => {
  const { page } = await open({ path: "/tenants/user2?range=1h" });
  await shown(page);
  expect(await page.getByRole("status").first().innerText()).toMatch(
    /^Averages of 10 s, and of 15 min for stores and disks;/,
  );
  expect(await chartOf(page, "Points in collections").count()).toBe(1);
  // Nothing is in the stores for user1 but its databases.
  await page.goto(new URL("/tenants/user1?range=1h", page.url()).href);
  await shown(page);
  await chartOf(page, "Databases").locator("canvas").waitFor();
  expect(await chartOf(page, "Points in collections").count()).toBe(0);
});

it("shows how each file system of a node filled, with its size as the limit, and how its largest volumes grew", async () => {
  const { page, standIn } = await open({ path: "/nodes/shared?range=30d&compare=week" });
  await shown(page);
  const models = chartOf(page, "Disk /mnt/models");
  await models.locator("canvas").waitFor();
  const [average, most] = await models.locator("li").first().locator(".value").allInnerTexts();
  expect([average, most]).toEqual([expect.stringMatching(/^1\d\d GiB$/), expect.stringMatching(/^18[67] GiB$/)]);
  const titles = await page.locator(".chart.history h3").allInnerTexts();
  // What does not answer has no curve.
  expect(titles.filter((title) => title.startsWith("Disk /"))).toEqual([
    ...["Disk /", "Disk /mnt/models", "Disk /srv/datasets", "Disk /var/lib/docker"],
  ]);
  // At once, and not anew when it is known which volumes are the largest: of this time, and of the week before.
  expect(standIn.asked.filter((call) => call.startsWith("GET /api/history/node/shared?"))).toHaveLength(2 * 3);
  const volumes = chartOf(page, "Largest volumes");
  await volumes.locator(".most").first().getByText(/iB$/).waitFor();
  const names = (await volumes.locator("li").allInnerTexts()).map((text) => text.trim().split(/\s/)[0]);
  expect(names).toEqual(["minio", "postgres", "qdrant", "redis", "traefik"].map((name) => `shared-${name}-data`));
  // Of the others nothing is asked.
  const asked = standIn.asked.findLast((call) => call.includes("columns=volumeBytes"));
  expect(new URL(asked?.split(" ")[1] ?? "", "http://page").searchParams.get("only")?.split(",")).toEqual(names);
});

it("shows an instance's volumes, and those of all of a tenant's instances", async () => {
  const { page } = await open({ path: "/instances/user2-n8n?range=7d" });
  await shown(page);
  const names = async () =>
    (await chartOf(page, "Volumes").locator("li").allInnerTexts()).map((text) => text.trim().split(/\s/)[0]);
  await chartOf(page, "Volumes").locator("canvas").waitFor();
  expect(await names()).toEqual(["user2-n8n-data"]);
  await page.goto(new URL("/tenants/user2?range=7d", page.url()).href);
  await shown(page);
  await chartOf(page, "Volumes").locator("canvas").waitFor();
  expect((await names()).length).toBeGreaterThan(1);
  for (const name of await names()) expect(name).toMatch(/^user2-.*-data$/);
});

it("says that there is nothing where nothing was measured", async () => {
  const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  const search = `?from=${yesterday}T03:10:00Z&to=${yesterday}T03:40:00Z`;
  const { page } = await open({ path: `/nodes/user1${search}` });
  await page.getByText("Nothing was measured in this time.").waitFor();
});

const spanShown = (page: Page) => chartOf(page).locator(".moment").innerText();

it("keeps the curves and says why when the past cannot be had anew", async () => {
  const { page, standIn } = await open({ path: "/nodes/user1?range=1h" });
  await shown(page);
  standIn.down = true;
  // Ten seconds are between two points of an hour.
  await page.getByRole("alert").getByText("Past metrics:").waitFor();
  await shown(page);
});

it("shows nothing under the name of a span that could not be had, and asks for it again soon", async () => {
  const { page, standIn } = await open({ path: "/nodes/user1?range=24h" });
  await shown(page);
  const day = await spanShown(page);
  standIn.down = true;
  await page.getByRole("button", { name: "7 d" }).click();
  await page.getByRole("alert").getByText("Past metrics:").waitFor();
  expect(await chartOf(page).locator("li").count()).toBe(0);
  expect(await spanShown(page)).not.toBe(day);
  standIn.down = false;
  const from = Date.now();
  await shown(page);
  expect(Date.now() - from).toBeLessThan(8000);
  expect(await page.getByRole("alert").getByText("Past metrics:").count()).toBe(0);
});

it("asks again for a span of the past as soon as the connection is back", async () => {
  const moments = "?from=2026-01-10T00:00:00Z&to=2026-01-11T00:00:00Z";
  const { page, standIn } = await open({ path: "/nodes/user1" });
  await live(page);
  standIn.down = true;
  standIn.cut();
  await page.evaluate((search) => {
    history.pushState(null, "", search);
    dispatchEvent(new PopStateEvent("popstate"));
  }, moments);
  await page.getByRole("alert").getByText("Past metrics:").waitFor();
  // Nothing came yet, and the axis is of what was asked for.
  expect(await spanShown(page)).toMatch(/10 Jan/);
  const asked = () => standIn.asked.filter((call) => call.startsWith("GET /api/history/node/user1?")).length;
  // After 2, 4 and 8 seconds; the next ones after 16 and 30.
  const first = asked();
  await until("several attempts", () => asked() >= first + 3 * 3);
  standIn.down = false;
  await page.getByRole("button", { name: "Try now" }).click();
  await live(page);
  const from = Date.now();
  await page.getByRole("alert").getByText("Past metrics:").waitFor({ state: "detached" });
  expect(Date.now() - from).toBeLessThan(3000);
});
