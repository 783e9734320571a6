/** Alerts on the page: what is active, silencing one with the keyboard, receivers. */
import { createSilence } from "@berth/shared/api/alerts";
import { expect, it } from "vitest";
import { live, until, usePages } from "../../test/page-harness.ts";

const { open } = usePages();

it("shows what is amiss first, silences it with a dialogue, and says whom alerts do not reach", async () => {
  const { page, standIn } = await open({ path: "/alerts" });
  await live(page);
  standIn.tell("alerts", { firing: 2, critical: 1 });
  await page.getByRole("link", { name: "Alerts 2 firing" }).waitFor();
  const active = page.getByRole("table", { name: "Active alerts" });
  const rows = await active.locator("tr[data-row]").allInnerTexts();
  expect(rows.map((text) => text.replace(/\s+/g, " ").trim())).toEqual([
    expect.stringMatching(
      /^critical The agent of user2 is not connected .* Rule node-gone\. 12 min( \d+ s)? ago ops Silence…$/,
    ),
    expect.stringMatching(/^warning Memory of user1-n8n .* came back within a day\. 1 h 15 min ago ops/),
  ]);
  await page.getByRole("table", { name: "Pending alerts" }).getByText("is not as the fleet file says").waitFor();
  const receivers = page.getByRole("region", { name: "Receivers" });
  await receivers.getByText("The mail server mx:587 did not take it: 535").waitFor();
  await receivers.getByRole("button", { name: "Test ops" }).click();
  await receivers.getByText("Test delivered: 200 OK: taken").waitFor();

  const button = page.getByRole("button", { name: "Silence: The agent of user2 is not connected" });
  await button.focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Silence" });
  await dialog.getByRole("radio", { name: "node user2", exact: true }).check();
  await dialog.getByLabel("For").selectOption("1 day");
  await dialog.getByLabel("Why").fill("new disk");
  const asked = page.waitForRequest(
    (request) => request.method() === "POST" && request.url().endsWith(createSilence.path),
  );
  await page.keyboard.press("Enter");
  expect((await asked).postDataJSON()).toEqual({ matchers: { node: "user2" }, seconds: 86_400, comment: "new disk" });
  await dialog.waitFor({ state: "detached" });
  standIn.tell("alerts", { firing: 2, critical: 1 });
  await active.getByText("silenced", { exact: true }).waitFor();
  const silences = page.getByRole("region", { name: "Silences" });
  await silences.getByText("node user2, for another").waitFor();
  await silences.getByRole("button", { name: "End the silence of node user2" }).click();
  await until("the end of the silence", () => standIn.upkeep.alerts.silences.length === 0);
});
