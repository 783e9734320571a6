/** What the page changes: the plan is shown first, planned anew at each choice, and begun by a second press. */
import { expect, it } from "vitest";
import { usePages } from "../../test/page-harness.ts";

const { open } = usePages();

it("upgrades a service: versions, instances and the first one are chosen, and the plan follows", async () => {
  const { page, standIn } = await open({ path: "/upgrades" });
  await page.getByRole("button", { name: "3 instances of n8n", exact: true }).click();
  await page.getByRole("button", { name: "Upgrade n8n", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Upgrade n8n" });
  await dialog.getByText("2 operations on 2 nodes: 2 to upgrade.").waitFor();
  const plan = dialog.getByRole("list", { name: "Plan" });
  expect(await plan.getByRole("listitem").allInnerTexts()).toEqual([
    expect.stringMatching(/^upgrade instance user1-n8n version .* -> 2\.41\.5$/),
    expect.stringMatching(/^upgrade instance user3-n8n version .* -> 2\.41\.5$/),
  ]);
  // The held one is not offered.
  expect(await dialog.getByRole("group", { name: "Instances" }).locator("label").allInnerTexts()).toEqual([
    "user1-n8n",
    "user3-n8n",
  ]);
  await dialog.getByRole("combobox", { name: /^Version/ }).selectOption("2.43.0");
  await dialog.getByLabel("First, by itself").selectOption("user3-n8n");
  await dialog.getByLabel("Back up and verify first").uncheck();
  await dialog.getByText("Nothing is backed up before.").waitFor();
  await plan.getByText(/user1-n8n.*2\.43\.0/).waitFor();
  expect(await plan.getByRole("listitem").first().innerText()).toMatch(/^upgrade instance user3-n8n/);
  await dialog.getByRole("checkbox", { name: "user1-n8n" }).uncheck();
  await dialog.getByText("1 operation on 1 node: 1 to upgrade.").waitFor();
  expect(await dialog.getByRole("checkbox", { name: "user3-n8n" }).isDisabled()).toBe(true);
  await dialog.getByRole("button", { name: "Upgrade 1 instance", exact: true }).click();
  await dialog.waitFor({ state: "detached" });
  expect(standIn.changesAsked.at(-1)).toEqual({
    ...{ service: "n8n", version: "2.43.0", only: ["user3-n8n"], canary: "user3-n8n", dryRun: false },
    ...{ onFailure: "stop", backup: false, retry: false, acceptMajor: false },
  });
  expect(standIn.changesAsked.filter((one) => (one as { dryRun: boolean }).dryRun === false)).toHaveLength(1);
});

it("begins nothing that was not shown: a plan that has become another one is shown first", async () => {
  const { page, standIn } = await open({ path: "/upgrades" });
  await page.getByRole("button", { name: "3 instances of n8n", exact: true }).click();
  await page.getByRole("button", { name: "Upgrade n8n", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Upgrade n8n" });
  await dialog.getByText("2 operations on 2 nodes: 2 to upgrade.").waitFor();
  for (const one of standIn.upkeep.check.instances) one.held = false;
  await dialog.getByRole("button", { name: "Upgrade 2 instances", exact: true }).click();
  await dialog.getByText("The plan has changed since.").waitFor();
  await dialog.getByText("3 operations on 3 nodes: 3 to upgrade.").waitFor();
  expect(standIn.changesAsked.filter((one) => (one as { dryRun: boolean }).dryRun === false)).toEqual([]);
  await dialog.getByRole("button", { name: "Upgrade 3 instances", exact: true }).click();
  await dialog.waitFor({ state: "detached" });
});

it("shows why a change is refused, and what to do, in place of a plan", async () => {
  const { page } = await open({ path: "/upgrades" });
  await page.getByRole("button", { name: "1 instance of postgres", exact: true }).click();
  await page.getByRole("button", { name: "Upgrade postgres", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Upgrade postgres" });
  await dialog.getByText("1 operation on 1 node: 1 to upgrade.").waitFor();
  await dialog.getByRole("combobox", { name: /^Version/ }).selectOption("18.2");
  const alert = dialog.getByRole("alert");
  await alert.getByText("postgres 18.2 is another major version.").waitFor();
  await alert.getByText("Dump and load its data first").waitFor();
  const begin = dialog.locator("button[type=submit]");
  expect(await begin.isDisabled()).toBe(true);
  await dialog.getByLabel("What the catalog says of this major version is taken care of").check();
  await dialog.getByText("1 operation on 1 node: 1 to upgrade.").waitFor();
  expect(await begin.isEnabled()).toBe(true);
});

it("holds an instance, and lets it go", async () => {
  const { page, standIn } = await open({ path: "/upgrades" });
  await page.getByRole("button", { name: "3 instances of n8n", exact: true }).click();
  await page.getByRole("button", { name: "Release user2-n8n", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Release user2-n8n" });
  await dialog.getByText("Nothing on a node changes.").waitFor();
  await dialog.getByRole("button", { name: "Release it", exact: true }).click();
  await dialog.waitFor({ state: "detached" });
  expect(standIn.changesAsked).toEqual([
    { instance: "user2-n8n", dryRun: true },
    { instance: "user2-n8n", dryRun: true },
    { instance: "user2-n8n", dryRun: false },
  ]);
  // No run tells of it.
  await page.getByRole("button", { name: "Hold user2-n8n", exact: true }).waitFor();
});

it("suspends a tenant once its plan was seen; Escape leaves it", async () => {
  const { page, standIn } = await open({ path: "/tenants/user2" });
  await page.getByRole("button", { name: "Suspend", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Suspend user2" });
  await dialog.getByText("3 operations on 1 node: 3 to remove.").waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  expect(standIn.changesAsked).toEqual([{ dryRun: true }]);
  await page.getByRole("button", { name: "Suspend", exact: true }).click();
  await dialog.getByText("3 operations").waitFor();
  await dialog.getByRole("button", { name: "Suspend it", exact: true }).click();
  await dialog.waitFor({ state: "detached" });
  expect(standIn.changesAsked.at(-1)).toEqual({ dryRun: false });
});

it("offers no change to an account that may not make it", async () => {
  const prepare = (standIn: object) =>
    void Object.assign(standIn, { account: { name: "olaf", role: "operator", tenant: null } });
  const { page, url } = await open({ path: "/tenants/user2", prepare });
  await page.getByRole("heading", { name: "user2", level: 1 }).waitFor();
  await page.getByText("In the shared stores").waitFor();
  expect(await page.getByRole("button", { name: "Suspend", exact: true }).count()).toBe(0);
  await page.goto(`${url}/upgrades`);
  await page.getByRole("button", { name: "3 instances of n8n", exact: true }).click();
  await page.getByText("berth upgrade n8n --to").waitFor();
  expect(await page.getByRole("button", { name: /^(Upgrade|Hold|Release) / }).count()).toBe(0);
});
