import type { Account } from "@berth/shared/api/accounts";
import { expect, it } from "vitest";
import { live, usePages } from "../../test/page-harness.ts";

const { open } = usePages();

const tina: Account = { name: "tina", role: "tenant", tenant: "user1" };
const vera: Account = { name: "vera", role: "viewer", tenant: null };
const refusal = (needed: string, { name, role }: Account) =>
  `This needs the role '${needed}'; account '${name}' has '${role}'. Ask an admin for another role: 'berth account set'. forbidden`;

it.each([
  ["/runs", "Runs", "Runs: "],
  ["/runs/12", "Run 12", "Run 12: "],
  ["/upgrades", "Upgrades", "Upgrades: "],
  ["/alerts", "Alerts", "Alerts: "],
  ["/events", "Events", "Events: "],
])("says at %s to a tenant's account that it is refused, and nothing else", async (path, title, what) => {
  const { page } = await open({ path, prepare: (standIn) => void (standIn.account = tina) });
  await live(page);
  await page.getByRole("alert").waitFor();
  const [, ...texts] = await page.getByTestId("content").locator("> *").allInnerTexts();
  expect(await page.getByRole("heading", { level: 1 }).innerText()).toBe(title);
  expect(texts).toEqual([what + refusal("viewer", tina)]);
});

it("says in place of a log that a viewer is refused", async () => {
  const path = "/instances/user1-n8n";
  const { page } = await open({ path, prepare: (standIn) => void (standIn.account = vera) });
  const section = page.locator("section", { has: page.getByRole("heading", { name: "Log", exact: true }) });
  await section.getByRole("alert").waitFor();
  expect((await section.innerText()).split(/\n+/)).toEqual(["Log", refusal("operator", vera)]);
});
