/** Tenants, routes, backups and upgrades, as the API tells them. */
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { live, until, usePages } from "../../test/page-harness.ts";
import { controllerStandingOf, makeBackup } from "../../test/stand-in/backups.ts";
import { busyTenants, makeBusy } from "../../test/stand-in/busy.ts";
import type { StandIn } from "../../test/stand-in/stand-in.ts";

const { open } = usePages();

/** The words of each row, cells in the order of the columns. */
async function rows(page: Page, table: string): Promise<string[]> {
  const texts = await page.locator(`${table} tr[data-row]`).allInnerTexts();
  return texts.map((text) => text.replace(/\s+/g, " ").trim());
}

it("puts owners whose backups are late or failed first, with why, and shows the parts of a backup on demand", async () => {
  const { page } = await open({ path: "/backups", prepare: makeBusy });
  await page.getByText("14 owners, 1 late, 1 failed. 9 never proven by a restore.").waitFor();
  const shown = await rows(page, ".backups >> nth=0 >>");
  expect(shown).toHaveLength(14);
  expect(shown.slice(0, 4)).toEqual([
    expect.stringMatching(/^late user2 was due 9 h ago 1 d 9 h ago 7\.37 GiB \+11\.0 MiB .* unproven 4 parts$/),
    expect.stringMatching(/^failed user3 run 41 failed 1 h 35 min ago 1 d 9 h ago .* unproven 4 parts$/),
    "none yet user11 never – no –",
    expect.stringMatching(/^complete user1 9 h ago .* proven 1 d 4 h ago 4 parts$/),
  ]);
  await page.getByRole("button", { name: "4 parts of user2" }).focus();
  await page.keyboard.press("Enter");
  await page.getByText("user2-openwebui on user2 · stopped for 4.3 s").waitFor();
  await page.getByText("buckets · 88.0 MiB, 0 B of it new · user2-uploads 412, user2-exports 7").waitFor();
  await page.getByRole("heading", { name: "Kept of owners that are not backed up any more" }).waitFor();
  expect(await rows(page, ".backups >> nth=1 >>")).toEqual([
    expect.stringMatching(/^complete former-customer 40 d ago/),
  ]);
});

it("tells how the controller's own backup stands, and what to do while nobody has its key", async () => {
  const at = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();
  const troubled = controllerStandingOf(Date.now(), {
    ...{ lateSince: at(8), recoveryKey: { version: 1, shownAt: null } },
    failed: { id: "controller-last", createdAt: at(3), error: "/mnt/nas/berth: disk full" },
  });
  const prepare = ({ upkeep }: StandIn) => void Object.assign(upkeep, { controllerBackup: troubled });
  const { page, standIn } = await open({ path: "/backups", prepare });
  const own = page.getByRole("region", { name: "The controller's own backup" });
  await own
    .getByText(/^The controller's own: late, was due 8 h ago; failed 3 h ago: .*disk full; .* was made 8 h ago\.$/)
    .waitFor();
  await own.getByRole("button", { name: "Copy berth controller recovery-key" }).waitFor();
  await live(page);
  standIn.upkeep.controllerBackup = controllerStandingOf(Date.now());
  standIn.advanceRun();
  await own.getByText(/^The controller's own: the newest was made 8 h ago\.$/).waitFor();
  expect(await own.getByRole("button").count()).toBe(0);
});

it("lists the backups of one owner, the newest first, and learns of another once its run has ended", async () => {
  const { page, standIn } = await open({ path: "/backups/user1" });
  await page.getByText("3 backups").waitFor();
  await live(page);
  const moment = await page.locator("tr[data-row] time").first().getAttribute("title");
  expect(moment).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  const { upkeep, instances } = standIn;
  upkeep.backups = [makeBackup("user1", Date.now() - 2000, instances, { reason: "manual" }), ...upkeep.backups];
  standIn.advanceRun();
  await page.getByText("4 backups").waitFor();
  expect(await rows(page, ".backups")).toEqual([
    expect.stringMatching(/^complete by hand \d s ago .* unproven 4 parts$/),
    expect.stringMatching(/^complete by the schedule 9 h ago .* unproven 4 parts$/),
    expect.stringMatching(/^complete by the schedule 1 d 9 h ago .* proven 1 d 4 h ago 4 parts$/),
    expect.stringMatching(/^complete by the schedule 2 d 9 h ago/),
  ]);
});

it("says what to do where nothing is backed up, and where there is nothing to list", async () => {
  const { page, url } = await open({
    path: "/backups",
    prepare: ({ upkeep }) =>
      Object.assign(upkeep, {
        owners: undefined,
        controllerBackup: undefined,
        backups: [],
        tenants: [],
        routes: [],
        upgrades: [],
      }),
  });
  await page.getByText("Nothing is backed up: the fleet file has no backups: section yet.").waitFor();
  await page.getByRole("button", { name: "Copy berth apply fleet.yaml" }).waitFor();
  await page.goto(`${url}/tenants`);
  await page.getByText("There are no tenants yet.").waitFor();
  await page.goto(`${url}/routes`);
  await page.getByText("There are no routes").waitFor();
  await page.goto(`${url}/upgrades`);
  await page.getByText("There was no upgrade yet.").waitFor();
  await page.goto(`${url}/tenants/nobody`);
  await page.getByText("The fleet has no tenant of this name.").waitFor();
  await page.goto(`${url}/backups/nobody`);
  await page.getByText("The fleet has nothing of this name to back up, and there is no backup of it.").waitFor();
  expect(await page.getByTestId("content").innerText()).not.toContain("berth backup create");
  await page.goto(`${url}/tenants/%zz`);
  await page.getByText("There is nothing at /tenants/%zz.").waitFor();
});

it("copies a command", async () => {
  const { page } = await open({ path: "/backups", browser: { permissions: ["clipboard-read", "clipboard-write"] } });
  await page.getByRole("button", { name: "Copy berth backup create --all" }).click();
  await page.getByText("Copied").waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("berth backup create --all");
});

it("has one line on the overview when backups are late, and leads to them", async () => {
  const { page } = await open({ prepare: makeBusy });
  const attention = page.getByRole("region", { name: "Attention" });
  await attention.getByText("of 2 owners: 1 late, 1 failed").waitFor();
  await attention.getByText("of the controller: late, due 8 h ago").waitFor();
  await attention.getByText("of the controller: nobody has it").waitFor();
  await attention.getByRole("link", { name: "Backups" }).click();
  await page.getByRole("heading", { name: "Backups", level: 1 }).waitFor();
});

it("shows tenants with their state, health and backups, and one of them with what it has", async () => {
  const { page, standIn } = await open({ path: "/tenants", prepare: makeBusy });
  await page.locator(".tenants tr[data-row]").first().waitFor();
  await page.getByRole("link", { name: "Backups of user1", exact: true }).waitFor();
  await live(page);
  await page.locator(`[data-row="shared"]`).waitFor();
  const shown = await rows(page, ".tenants");
  expect(shown).toHaveLength(busyTenants.length + 1);
  // What needs attention, then the fleet's order.
  expect(shown[0]).toMatch(/^active user4 .* 2 of 3 /);
  expect(shown[1]).toMatch(
    /^active user2 10\.0\.6\.12 3 of 3 0\.45 1\.03 GiB 120 MiB 1200 96\.0 MiB late 1 d 9 h ago$/,
  );
  expect(shown[2]).toMatch(/^active user3 .* failed /);
  expect(shown[8]).toMatch(/^suspended user9 /);
  expect(shown[10]).toMatch(/ none yet$/);
  expect(shown[12]).toBe("shared by all, on shared 5 of 5 0.44 2.20 GiB 212 MiB 0 0 B –");
  standIn.changeInstance("user1-n8n", { state: "unhealthy" });
  await page.locator(`[data-row="user1"]`).getByText("2 of 3").waitFor();
  await page.getByRole("link", { name: "user4", exact: true }).click();
  await page.locator(".facts div", { hasText: "Last proven" }).getByText("2 d 22 h ago").waitFor();
  await page.getByText("test-user4-n8n.valuechain.example.org").waitFor();
  await page.getByText("3600 points").waitFor();
  expect(await rows(page, ".holdings")).toEqual([
    "Database user4_openwebui 102 MiB 18 of 20 connections nearly full",
    "Database user4_n8n 102 MiB 7 workflows, 480 executions, 18 of 20 connections nearly full",
    "Database user4_flowise 102 MiB 18 of 20 connections nearly full",
    "Collection user4-documents – 3600 points",
    "Bucket user4-uploads 288 MiB of 1 GiB 120 objects, full in about 12 days",
    "Bucket user4-exports not counted yet –",
  ]);
  await page.getByText("berth tenant suspend user4").waitFor();
  expect(await page.locator("[data-instance]").count()).toBe(3);
});

it("sorts tenants by what they use, what is shared among them, and a link shows the same", async () => {
  const { page, url } = await open({ path: "/tenants" });
  const names = () => page.locator(".tenants tr[data-row]").evaluateAll((all) => all.map((row) => row.dataset.row));
  await expect.poll(names).toEqual(["user1", "user2", "user3", "shared"]);
  await page.getByRole("button", { name: "Memory", exact: true }).focus();
  await page.keyboard.press("Enter");
  await expect.poll(names).toEqual(["shared", "user3", "user2", "user1"]);
  expect(page.url()).toBe(`${url}/tenants?sort=memory`);
  expect(await page.getByRole("columnheader", { name: "Memory" }).getAttribute("aria-sort")).toBe("descending");
  await page.goto(`${url}/tenants?sort=cpu`);
  await expect.poll(names).toEqual(["user3", "user2", "shared", "user1"]);
  await page.getByRole("button", { name: "Tenant", exact: true }).click();
  await expect.poll(names).toEqual(["user1", "user2", "user3", "shared"]);
});

it("tests routes when their page is opened first, and again when asked to", async () => {
  const { page, standIn } = await open({ path: "/routes", prepare: makeBusy });
  await page.locator(`[data-row*="user7-n8n"]`).getByText("the router answered 502 Bad Gateway").waitFor();
  const [first = ""] = await rows(page, ".routes");
  expect(first).toMatch(/^published test-user1-openwebui\S+ user1-openwebui 10\.0\.6\.11:3000 200 in \d+ ms$/);
  await page.locator(`[data-row*="user4-flowise"]`).getByText("withdrawn").waitFor();
  const tests = () => standIn.asked.filter((call) => call === "POST /api/routes/test").length;
  await page.getByRole("link", { name: "Fleet" }).click();
  await page.getByRole("link", { name: "Routes" }).click();
  await page.locator(`[data-row*="user7-n8n"]`).getByText("502").waitFor();
  expect(tests()).toBe(1);
  await page.getByRole("button", { name: "Test again" }).click();
  await until("the second test", () => tests() === 2);
});

it("shows an upgrade under way by its batches, what is behind, and upgrades that are over", async () => {
  const { page, standIn } = await open({ path: "/upgrades", prepare: makeBusy });
  const underWay = page.getByRole("region", { name: "Upgrade under way" });
  await underWay.getByText("n8n to 2.43.0").waitFor();
  const moves = await underWay
    .locator("[data-move]")
    .evaluateAll((items) => items.map((item) => `${item.dataset.move} ${item.dataset.state}`));
  expect(moves.slice(0, 6)).toEqual([
    "user1-n8n upgraded",
    "user2-n8n upgraded",
    "user3-n8n went back",
    "user4-n8n running",
    "user5-n8n running",
    "user6-n8n waiting",
  ]);
  await underWay.getByText(/relation "workflow_history" already exists/).waitFor();
  await page.getByText("25 instances behind, 1 held.").waitFor();
  await page.locator(`[data-row="n8n"]`).getByText("2.43.0").waitFor();
  await page.locator(`[data-row="redis"]`).getByText("7.4.8@sha256:0123456789ab published anew").waitFor();
  await page.locator(`[data-row="postgres"]`).getByText("did not answer within 10 s").waitFor();
  expect(await rows(page, ".upgrades")).toEqual([
    expect.stringMatching(/^went back flowise 3\.2\.0 1 upgraded, 1 went back 1 d 1 h ago 5\.\d s 2 instances$/),
    expect.stringMatching(/^upgraded n8n 2\.41\.3 3 upgraded 9 d ago 17 s 3 instances$/),
  ]);
  // Registries count who asks: looking at the page asks none of them.
  expect(standIn.asked.filter((call) => call.includes("/upgrades/check"))).toEqual([]);

  await underWay.getByRole("link", { name: "Run 12 · upgrade" }).click();
  await page.getByRole("list", { name: "Batches" }).getByText("Batch 2 of 4").waitFor();
  const step = (id: string) => page.locator(`[data-step="${id}"]`);
  await step("instance.upgrade/user4-n8n").getByText("upgrade instance user4-n8n").waitFor();
  await step("upgrade.conclude/n8n").getByText("conclude upgrade of n8n").waitFor();
});

it("tells on an instance's page how old its newest backup is, and when one was last proven", async () => {
  const { page } = await open({ path: "/instances/user1-n8n" });
  const fact = (name: string) => page.locator(".facts div", { hasText: name });
  await fact("Newest backup")
    .getByText(/^9 h( 1 min)? ago$/)
    .waitFor();
  await fact("Last proven")
    .getByText(/^1 d 4 h ago$/)
    .waitFor();
});

it("tells what happened, the newest first, all of it or of one kind", async () => {
  const { page } = await open({ path: "/events" });
  await page.getByText("used up its memory").waitFor();
  expect(await rows(page, ".events")).toEqual([
    expect.stringMatching(/^2 min (\d+ s )?ago user2 The agent of user2 connected agent\.connected$/),
    expect.stringMatching(/^9 min (\d+ s )?ago user1 user1-n8n used up its memory, .* outOfMemory · user1-n8n$/),
    expect.stringMatching(/^1 h 1 min ago user1 user1-flowise departed from its specification .*: mended/),
  ]);
  await page.getByLabel("Show").selectOption("Drift");
  await until("one row", async () => (await rows(page, ".events")).length === 1);
  await page.getByLabel("Show").selectOption("Failed backups");
  await page.getByText("Nothing of that kind has happened.").waitFor();
});
