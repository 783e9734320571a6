import type { Page, Request } from "playwright-core";
import { expect, it } from "vitest";
import type { StandIn } from "../../test/stand-in/stand-in.ts";
import { live, until, usePages } from "../../test/page-harness.ts";

const { open } = usePages();

function advance(standIn: StandIn, moves: number): void {
  for (let move = 0; move < moves; move += 1) standIn.advanceRun();
}

const logLines = (page: Page) => page.getByRole("log").getByRole("listitem").allInnerTexts();

/** The lines without the time and the step before them. */
const logTexts = (page: Page) =>
  page
    .getByRole("log")
    .getByRole("listitem")
    .evaluateAll((items) => items.map((item) => (item.lastChild?.textContent ?? "").trim()));

it("shows each step with its state, and what a waiting one waits for", async () => {
  const { page, standIn } = await open({ path: "/runs/12", prepare: (api) => advance(api, 30) });
  await page.locator("[data-step]").first().waitFor();
  const shown = await page
    .locator("[data-step]")
    .evaluateAll((rows) => Object.fromEntries(rows.map((row) => [row.dataset.step, row.dataset.state])));
  expect(shown).toEqual(Object.fromEntries(standIn.scripted.run.steps.map((step) => [step.id, step.state])));
  await page.locator(`[data-step="instance.ensure/user3-n8n"]`).getByText("waits for pull image n8n:2.41.3").waitFor();
  await page.getByRole("button", { name: "pull image n8n:2.41.3" }).first().waitFor();
  const { counts, steps } = standIn.scripted.run;
  await page.getByText(`${counts.succeeded} of ${steps.length} steps`).first().waitFor();
});

it("carries the log live, each line once, also over a reconnect", async () => {
  const { page, standIn } = await open({ path: "/runs/12", prepare: (api) => advance(api, 12) });
  const all = () => standIn.scripted.log.map((line) => line.line);
  const shown = () => logTexts(page);
  await expect.poll(shown, { timeout: 10_000 }).toEqual(all());
  advance(standIn, 9);
  await expect.poll(shown, { timeout: 10_000 }).toEqual(all());
  standIn.cut();
  advance(standIn, 9);
  await expect.poll(shown, { timeout: 10_000 }).toEqual(all());
});

it("shows the log of one step when it is chosen", async () => {
  const { page, standIn } = await open({ path: "/runs/12", prepare: (api) => advance(api, 30) });
  const step = "image.ensure/n8n:2.41.3";
  await page.locator(`[data-step="${step}"]`).getByRole("button").click();
  const own = standIn.scripted.log.filter((line) => line.step === step);
  await expect.poll(() => logLines(page).then((lines) => lines.length), { timeout: 10_000 }).toBe(own.length);
  await page.getByRole("button", { name: "All steps" }).click();
  await expect
    .poll(() => logLines(page).then((lines) => lines.length), { timeout: 10_000 })
    .toBe(standIn.scripted.log.length);
});

it("tells what the time of a slow step went into, in one line, and whole when it is chosen", async () => {
  const id = "instance.ensure/user2-n8n";
  const phases = [
    { name: "create", target: "user2-n8n", startMilliseconds: 30, milliseconds: 700 },
    { name: "stop", target: "user2-n8n", startMilliseconds: 730, milliseconds: 2000 },
    { name: "start", target: "user2-n8n", startMilliseconds: 2740, milliseconds: 800 },
    { name: "wait until healthy", target: "user2-n8n", startMilliseconds: 3550, milliseconds: 34_000 },
  ];
  const prepare = (api: StandIn): void => {
    advance(api, 90);
    api.scripted.tellPhases(id, phases);
  };
  const { page } = await open({ path: "/runs/12", prepare });
  const step = page.locator(`[data-step="${id}"]`);
  await step.getByText("create 0.7 s, stop 2.0 s, start 0.8 s, wait until healthy 34 s").waitFor();
  await step.getByRole("button").click();
  const list = step.getByRole("list", { name: "What its time went into" });
  const shown = await list
    .getByRole("listitem")
    .evaluateAll((items) => items.map((item) => [...item.children].map((part) => part.textContent)));
  expect(shown).toEqual([
    ["+0.0 s", "create user2-n8n", "0.7 s"],
    ["+0.7 s", "stop user2-n8n", "2.0 s"],
    ["+2.7 s", "start user2-n8n", "0.8 s"],
    ["+3.5 s", "wait until healthy user2-n8n", "34 s"],
  ]);
});

it("adds to a step what its time went into when that is told, and keeps it while the step goes on", async () => {
  const id = "instance.ensure/user2-n8n";
  const { page, standIn } = await open({ path: "/runs/12", prepare: (api) => advance(api, 90) });
  const step = page.locator(`[data-step="${id}"]`);
  await step.waitFor();
  await live(page);
  // Nothing of it is asked for again.
  await page.route("**/api/runs/12", (route) => route.abort());
  standIn.tellPhases(id, [
    { name: "create", startMilliseconds: 30, milliseconds: 700 },
    { name: "wait until healthy", startMilliseconds: 750, milliseconds: 34_000 },
  ]);
  const summary = step.getByText("create 0.7 s, wait until healthy 34 s");
  await summary.waitFor();
  standIn.tell("run", standIn.scripted.run);
  standIn.tell("run.change", { ...standIn.scripted.run, account: "vera" });
  await page.getByText("by vera").waitFor();
  expect(await summary.isVisible()).toBe(true);
});

it("cancels after asking once more, and resumes", async () => {
  const { page, standIn } = await open({ path: "/runs/12", prepare: (api) => advance(api, 12) });
  await page.getByRole("button", { name: "Cancel run" }).click();
  expect(standIn.asked).not.toContain("POST /api/runs/12/cancel");
  await page.getByRole("button", { name: "Cancel it" }).click();
  await page.getByRole("region", { name: "State" }).getByText("cancelled", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Resume run" }).click();
  await page.getByRole("region", { name: "State" }).getByText("running", { exact: true }).waitFor();
});

it("offers the command that begins anew instead of resuming what cannot be", async () => {
  const { page, standIn } = await open({ path: "/runs/12", prepare: (api) => advance(api, 12) });
  await page.locator("[data-step]").first().waitFor();
  await live(page);
  standIn.scripted.fail(Date.now(), "berth secret rotate user1-n8n/database");
  standIn.tell("run", standIn.scripted.run);
  await page.getByText("Begin anew with berth secret rotate user1-n8n/database").waitFor();
  expect(await page.getByRole("button", { name: "Resume run" }).count()).toBe(0);
});

it("says what failed and what to do, and what was not begun because of it", async () => {
  const { page, standIn } = await open({ path: "/runs/12", prepare: (api) => advance(api, 12) });
  await page.locator("[data-step]").first().waitFor();
  await live(page);
  standIn.scripted.fail(Date.now());
  standIn.tell("run", standIn.scripted.run);
  await page.getByText("The registry answered 404 for n8n:2.41.3. Is the version in the fleet file right?").waitFor();
  await expect
    .poll(() => page.locator(`[data-state="skipped"]`).count(), { timeout: 30_000 })
    .toBe(standIn.scripted.run.counts.skipped);
});

it("keeps what the stream has told when an older answer comes later", async () => {
  const { page, standIn } = await open({ path: "/runs/12", prepare: (api) => advance(api, 12) });
  await page.locator("[data-step]").first().waitFor();
  await live(page);
  const older = JSON.stringify(standIn.scripted.run);
  const told = Promise.withResolvers<void>();
  const waiting = new Set<Request>();
  page.on("requestfailed", (request) => waiting.delete(request));
  await page.route("**/api/runs/12", async (route) => {
    if (standIn.scripted.run.state !== "running") return route.continue();
    waiting.add(route.request());
    await told.promise;
    return route.fulfill({ contentType: "application/json", body: older });
  });
  standIn.cut();
  await until("the run to be asked for, by the page and with the list", () => waiting.size === 2);
  standIn.scripted.fail(Date.now());
  standIn.tell("run", standIn.scripted.run);
  const state = page.getByRole("region", { name: "State" });
  await state.getByText("failed", { exact: true }).waitFor();
  const answers = Promise.all([...waiting].map((request) => request.response()));
  told.resolve();
  await answers;
  await page.waitForTimeout(300);
  expect(await state.getByText("failed", { exact: true }).isVisible()).toBe(true);
});

it("offers no buttons to accounts that may not use them", async () => {
  const viewer = { name: "guest", role: "viewer", tenant: null } as const;
  const { page } = await open({ path: "/runs/12", prepare: (api) => Object.assign(api, { account: viewer }) });
  await page.locator("[data-step]").first().waitFor();
  expect(await page.getByRole("button", { name: /Cancel|Resume/ }).count()).toBe(0);
});

it("lists runs newest first, and says so when there is none of a number", async () => {
  const { page, standIn } = await open({ path: "/runs" });
  await page.getByRole("link", { name: "12 · apply" }).waitFor();
  const ids = await page.locator("tbody th").allInnerTexts();
  expect(ids.map((text) => Number(text.split(" ")[0]))).toEqual([12, ...standIn.pastRuns.map((run) => run.id)]);

  await page.getByRole("link", { name: /^9 · / }).click();
  await page.getByRole("alert").getByText("There is nothing at /api/runs/9.").waitFor();
  await until("the stream to go on", () => page.getByTestId("connection").getByText("Live").isVisible());
});
