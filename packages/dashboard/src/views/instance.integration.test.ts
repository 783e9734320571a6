import { expect, it } from "vitest";
import { live, until, usePages } from "../../test/page-harness.ts";

const { open } = usePages();

it("shows the containers, how they depart from the specification, and four charts", async () => {
  const { page, standIn } = await open({ path: "/instances/user2-n8n" });
  await live(page);
  standIn.changeInstance("user2-n8n", { drift: ["image: registry.lab:5000/n8n:2.40.0"] });
  await page.getByText("image: registry.lab:5000/n8n:2.40.0").waitFor();
  const names = await page.locator(".containers tbody th").allInnerTexts();
  expect(names.map((name) => name.split(/\s/)[0])).toEqual(["user2-n8n", "user2-n8n-worker"]);
  for (const title of ["CPU", "Memory", "Network", "Disk"]) {
    const chart = page.getByRole("region", { name: title, exact: true });
    await chart.locator("canvas").waitFor();
    await chart.locator(".value").first().getByText(/^\d/).waitFor();
  }
});

it("draws the curves: the canvas is not empty", async () => {
  const { page } = await open({ path: "/instances/user2-n8n" });
  const chart = page.getByRole("region", { name: "CPU", exact: true }).locator("canvas");
  await chart.waitFor();
  await expect
    .poll(
      () =>
        chart.evaluate((canvas: HTMLCanvasElement) => {
          // Read from a copy: Chromium complains about reading back the page's own canvas.
          const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
          copy?.drawImage(canvas, 0, 0);
          const { data } = copy?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] };
          const colours = new Set<string>();
          for (let at = 0; at < data.length; at += 4)
            if (data[at + 3] === 255) colours.add(`${data[at]} ${data[at + 1]}`);
          return colours.size > 3;
        }),
      { timeout: 10_000 },
    )
    .toBe(true);
});

it("tells what its charts show, live and of the past, to who does not see them", async () => {
  const { page } = await open({ path: "/instances/user1-n8n" });
  const cpu = page.getByRole("region", { name: "CPU", exact: true });
  const text = () => cpu.getByRole("img").first().getAttribute("aria-label");
  const shown = /^CPU, over 15 min: user1-n8n least (\d\.\d\d), most (\d\.\d\d), newest (\d\.\d\d)$/;
  await expect.poll(text, { timeout: 20_000 }).toMatch(shown);
  const [least, most, newest] = (shown.exec((await text()) ?? "") ?? []).slice(1).map(Number);
  expect(most).toBeGreaterThan(least ?? Number.NaN);
  expect(newest).toBeGreaterThanOrEqual(least ?? Number.NaN);
  await page.getByRole("button", { name: "1 h", exact: true }).click();
  await expect.poll(text).toMatch(/^CPU, .+: user1-n8n least \d\.\d\d, most \d\.\d\d, newest \d\.\d\d$/);
});

it("shows the last quarter of an hour live, and asks for a longer past only when the reader does", async () => {
  const { page, standIn } = await open({ path: "/instances/user1-n8n" });
  await page.getByRole("region", { name: "CPU", exact: true }).waitFor();
  await until("the live view's past", () => standIn.asked.includes("GET /api/samples?seconds=900&node=user1"));
  expect(standIn.asked.filter((call) => call.includes("/api/history/"))).toEqual([]);
  await page.getByRole("button", { name: "1 h", exact: true }).click();
  await until("the history", () =>
    standIn.asked.some((call) => call.startsWith("GET /api/history/instance/user1-n8n?")),
  );
});

it("restarts once its plan was seen, and not for those who may only look", async () => {
  const { page, standIn } = await open({ path: "/instances/user1-n8n" });
  await page.getByRole("button", { name: "Restart", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Restart user1-n8n" });
  await dialog.getByText("1 operation on 1 node: 1 to restart.").waitFor();
  expect(await dialog.getByRole("list", { name: "Plan" }).innerText()).toBe("restart instance user1-n8n asked for");
  expect(standIn.changesAsked).toEqual([{ of: ["user1-n8n"], dryRun: true }]);
  await dialog.getByRole("button", { name: "Restart it" }).click();
  await dialog.waitFor({ state: "detached" });
  expect(standIn.changesAsked.at(-1)).toEqual({ of: ["user1-n8n"], dryRun: false });

  const viewer = await open({
    path: "/instances/user1-n8n",
    prepare: (prepared) => void Object.assign(prepared, { account: { name: "vera", role: "viewer", tenant: null } }),
  });
  await viewer.page.getByRole("heading", { name: "user1-n8n" }).waitFor();
  expect(await viewer.page.getByRole("button", { name: "Restart", exact: true }).count()).toBe(0);
});

it("stops and starts once the plan was seen, and only for those who may change what the fleet is to be", async () => {
  const { page, standIn } = await open({ path: "/instances/user1-n8n" });
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  const stopping = page.getByRole("dialog", { name: "Stop user1-n8n" });
  await stopping.getByText("1 operation on 1 node: 1 to remove.").waitFor();
  expect(standIn.changesAsked).toEqual([{ of: ["user1-n8n"], dryRun: true }]);
  await stopping.getByRole("button", { name: "Stop it" }).click();
  await stopping.waitFor({ state: "detached" });
  expect(standIn.changesAsked.at(-1)).toEqual({ of: ["user1-n8n"], dryRun: false });

  await page.getByText("It is taken down, and what it has is kept.").waitFor();
  await page.getByText("suspended", { exact: true }).waitFor();
  for (const gone of ["Restart", "Stop"])
    expect(await page.getByRole("button", { name: gone, exact: true }).count()).toBe(0);
  await page.getByRole("link", { name: "Fleet", exact: true }).click();
  await page.getByRole("region", { name: "Suspended" }).getByRole("link", { name: "user1-n8n" }).click();

  await page.getByRole("button", { name: "Start", exact: true }).click();
  const starting = page.getByRole("dialog", { name: "Start user1-n8n" });
  await starting.getByRole("button", { name: "Start it" }).click();
  await starting.waitFor({ state: "detached" });
  expect(standIn.asked.filter((call) => call === "POST /api/instances/start")).toHaveLength(3);
  await page.getByRole("button", { name: "Stop", exact: true }).waitFor();

  const operator = await open({
    path: "/instances/user1-n8n",
    prepare: (prepared) => void Object.assign(prepared, { account: { name: "olga", role: "operator", tenant: null } }),
  });
  await operator.page.getByRole("button", { name: "Restart", exact: true }).waitFor();
  expect(await operator.page.getByRole("button", { name: "Stop", exact: true }).count()).toBe(0);
});

it("leaves what rests with its tenant to the tenant's page", async () => {
  const { page } = await open({
    path: "/instances/user1-n8n",
    prepare: (prepared) => {
      const resting = prepared.instances.findIndex(({ name }) => name === "user1-n8n");
      prepared.instances.splice(resting, 1);
      prepared.upkeep.suspended = [
        { name: "user1-n8n", service: "n8n", node: "user1", tenant: "user1", withTenant: true },
      ];
    },
  });
  await page.getByText("It is taken down with its tenant, and what it has is kept.").waitFor();
  expect(await page.getByRole("button", { name: "Start", exact: true }).count()).toBe(0);
});

it("upgrades the instance alone once its plan was seen, where there is a newer version and it is not held", async () => {
  const { page, standIn, url } = await open({ path: "/instances/user1-n8n" });
  const upgrade = page.getByRole("button", { name: "Upgrade", exact: true });
  await upgrade.click();
  const dialog = page.getByRole("dialog", { name: "Upgrade user1-n8n" });
  await dialog.getByText("1 operation on 1 node: 1 to upgrade.").waitFor();
  await dialog.getByRole("combobox", { name: /^Version/ }).selectOption("2.43.0");
  await dialog.getByText(/user1-n8n.*2\.43\.0/).waitFor();
  await dialog.getByRole("button", { name: "Upgrade 1 instance", exact: true }).click();
  await dialog.waitFor({ state: "detached" });
  expect(standIn.changesAsked.at(-1)).toMatchObject({ service: "n8n", only: ["user1-n8n"], dryRun: false });

  const statuses = () => standIn.asked.filter((call) => call === "GET /api/status").length;
  for (const name of ["user2-n8n", "user1-flowise"]) {
    const before = statuses();
    await page.goto(`${url}/instances/${name}`);
    await page.getByRole("button", { name: "Restart", exact: true }).waitFor();
    await until("what there is to move to", () => statuses() > before);
    await page.locator(".facts div", { hasText: "Newest backup" }).getByText("ago").waitFor();
    expect(await upgrade.count()).toBe(0);
  }
});

it("offers no upgrade to who may only restart", async () => {
  const { page } = await open({
    path: "/instances/user1-n8n",
    prepare: (prepared) => void Object.assign(prepared, { account: { name: "olaf", role: "operator", tenant: null } }),
  });
  await page.getByRole("button", { name: "Restart", exact: true }).waitFor();
  await page.locator(".facts div", { hasText: "Newest backup" }).getByText("ago").waitFor();
  expect(await page.getByRole("button", { name: "Upgrade", exact: true }).count()).toBe(0);
});

it("shows a tenant's account its own, and neither pages nor commands that are of the whole fleet", async () => {
  const { page, standIn } = await open({
    path: "/tenants/user1",
    prepare: (prepared) => void Object.assign(prepared, { account: { name: "tina", role: "tenant", tenant: "user1" } }),
  });
  await page.getByText("In the shared stores").waitFor();
  expect(await page.getByRole("navigation", { name: "Pages" }).getByRole("link").allInnerTexts()).toEqual([
    "Fleet",
    "Tenants",
    "Routes",
  ]);
  expect(await page.locator(".commands").count()).toBe(0);
  await page.goto(page.url().replace("/tenants/user1", "/instances/user1-n8n"));
  await page.getByRole("log", { name: "Log of user1-n8n" }).waitFor();
  expect(await page.getByRole("button", { name: "Restart", exact: true }).count()).toBe(0);
  expect(standIn.asked.filter((asked) => asked.startsWith("GET /api/runs"))).toEqual([]);
});

it("follows the log, without terminal colours, and opens it again after a cut", async () => {
  const { page, standIn } = await open({ path: "/instances/user1-n8n" });
  const log = page.getByRole("log", { name: "Log of user1-n8n" });
  await log.getByText("0 GET /rest/workflows 200 3 ms", { exact: true }).waitFor();
  standIn.writeLog("a line <b>now</b>");
  await log.getByText("a line <b>now</b>", { exact: true }).waitFor();

  standIn.cut();
  await expect.poll(() => standIn.asked.filter((call) => call.includes("/logs")).length, { timeout: 10_000 }).toBe(2);
  await log.getByText("a line <b>now</b>", { exact: true }).waitFor({ state: "detached" });
  await expect
    .poll(() => log.getByText("0 GET /rest/workflows 200 3 ms", { exact: true }).count(), { timeout: 30_000 })
    .toBe(1);
});

it("stays where the reader scrolled to, and follows again when asked", async () => {
  const { page, standIn } = await open({ path: "/instances/user1-n8n" });
  const log = page.getByRole("log");
  await log.getByText("Warning: the encryption key").waitFor();
  await log.evaluate((box) => box.scrollTo(0, 0));
  await page.getByRole("button", { name: "Follow the end" }).waitFor();
  standIn.writeLog("one more");
  await log.getByText("one more").waitFor();
  expect(await log.evaluate((box) => box.scrollTop)).toBe(0);
  await page.getByRole("button", { name: "Follow the end" }).click();
  await page.getByRole("button", { name: "Follow the end" }).waitFor({ state: "detached" });
});

it("says so when there is no such instance", async () => {
  const { page } = await open({ path: "/instances/nobody" });
  await page.getByText("The fleet has no instance of this name.").waitFor();
});

it("shows the log of all containers with their names, or of the one that the address names", async () => {
  const { page, standIn } = await open({ path: "/instances/user2-n8n?range=1h" });
  const log = page.getByRole("log", { name: "Log of user2-n8n" });
  await log.getByText("user2-n8n-worker 1 GET /rest/workflows 200 4 ms", { exact: true }).waitFor();
  await log.getByText("user2-n8n 0 GET /rest/workflows 200 3 ms", { exact: true }).waitFor();

  const choice = page.getByRole("combobox", { name: "Container" });
  expect(await choice.locator("option").allInnerTexts()).toEqual(["all", "user2-n8n", "user2-n8n-worker"]);
  await choice.selectOption("user2-n8n-worker");
  await log.getByText("0 GET /rest/workflows 200 3 ms", { exact: true }).waitFor();
  expect(await log.locator(".log-prefix").count()).toBe(0);
  expect(new URL(page.url()).search).toBe("?range=1h&container=user2-n8n-worker");
  expect(standIn.asked).toContain("GET /api/instances/user2-n8n/logs?follow=true&tail=200&container=user2-n8n-worker");

  await page.getByRole("button", { name: "24 h", exact: true }).click();
  await until("both in the address", () => page.url().endsWith("?range=24h&container=user2-n8n-worker"));
  await page.reload();
  await log.getByText("0 GET /rest/workflows 200 3 ms", { exact: true }).waitFor();
  expect(await choice.inputValue()).toBe("user2-n8n-worker");
});

it("marks what was written to stderr, which is no error", async () => {
  const { page } = await open({ path: "/instances/user1-n8n" });
  const line = page.getByRole("log").locator("li", { hasText: "Warning: the encryption key" });
  await line.waitFor();
  expect(await page.getByRole("combobox", { name: "Container" }).count()).toBe(0);
  expect(await line.getAttribute("title")).toBe("Written to stderr");
  const other = page.getByRole("log").locator("li").first();
  const colourOf = (element: Element) => getComputedStyle(element).color;
  expect(await line.evaluate(colourOf)).toBe(await other.evaluate(colourOf));
});

it("goes on with a log that has ended when a container is started again, and not before", async () => {
  const { page, standIn } = await open({ path: "/instances/user1-n8n" });
  const log = page.getByRole("log");
  await log.getByText("Warning: the encryption key").waitFor();
  standIn.endLogs();
  await log.getByText("The log has ended.").waitFor();
  const asked = () => standIn.asked.filter((call) => call.includes("/logs")).length;
  expect(asked()).toBe(1);
  const [container] = standIn.instances.find(({ name }) => name === "user1-n8n")?.containers ?? [];
  if (container === undefined) throw new Error("user1-n8n has no container");
  standIn.changeInstance("user1-n8n", { containers: [{ ...container, startedAt: new Date().toISOString() }] });
  await until("the log to be opened again", () => asked() === 2);
  await log.getByText("The log has ended.").waitFor({ state: "detached" });
});
