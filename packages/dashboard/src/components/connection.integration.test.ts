import { expect, it } from "vitest";
import { live, until, usePages } from "../../test/page-harness.ts";

const { open } = usePages();

it("looks stale when the stream is cut, says why, and recovers by itself", async () => {
  const { page, standIn } = await open();
  await live(page);
  standIn.down = true;
  standIn.cut();
  const notice = page.getByTestId("stale-notice");
  await notice.getByText(/Last update \d+ s ago\. The controller does not answer\./).waitFor();
  await page
    .getByTestId("connection")
    .getByText(/^Last update \d+ s ago$/)
    .waitFor();
  const content = page.getByTestId("content");
  expect(await content.evaluate((element) => getComputedStyle(element).opacity)).not.toBe("1");
  // What was known stays readable.
  await page.getByRole("link", { name: "shared-postgres" }).waitFor();
  const shown = await page.getByTestId("connection").innerText();
  await until("the age to grow", async () => (await page.getByTestId("connection").innerText()) !== shown);

  standIn.changeInstance("shared-redis", { state: "stopped" });
  standIn.down = false;
  await live(page);
  await notice.waitFor({ state: "detached" });
  // What happened meanwhile has been told.
  await page.locator(`[data-instance="shared-redis"]`).getByText("stopped").waitFor();
  await until("full colour", () => content.evaluate((element) => getComputedStyle(element).opacity === "1"));
});

it("waits longer between attempts, and tries at once when asked", async () => {
  const { page, standIn } = await open();
  await live(page);
  standIn.down = true;
  standIn.cut();
  await page
    .getByTestId("stale-notice")
    .getByText(/Trying again in [3-9] s/)
    .waitFor();
  standIn.down = false;
  await page.getByRole("button", { name: "Try now" }).click();
  await live(page);
});

it("does not take an open connection for a live one", async () => {
  const { page, standIn } = await open();
  await live(page);
  standIn.mute = true;
  await page
    .getByTestId("stale-notice")
    .getByText(/The controller is silent/)
    .waitFor();
});

it("does not call the controller silent when nodes are", async () => {
  const { page, standIn } = await open();
  await live(page);
  for (const { name } of standIn.nodes) standIn.cutOff.add(name);
  const saidStale = page.getByTestId("stale-notice").waitFor();
  await Promise.race([
    page
      .locator('[data-node="user1"]')
      .getByText(/no samples for 1[2-9] s/)
      .waitFor(),
    saidStale.then(() => expect.unreachable("The page called the controller silent")),
  ]);
  saidStale.catch(() => undefined);
  expect(await page.getByTestId("connection").innerText()).toBe("Live");
});

it("keeps the stream when one event is not understood, and says so", async () => {
  const { page, standIn } = await open();
  await page.locator("[data-instance]").first().waitFor();
  // @ts-expect-error -- a controller of another version
  standIn.tell("node", { name: "user1" });
  await page
    .getByRole("alert")
    .getByText(/does not understand the controller's event "node"/)
    .waitFor();
  standIn.changeInstance("shared-redis", { state: "stopped" });
  await page.locator(`[data-instance="shared-redis"]`).getByText("stopped").waitFor();
});

it("offers to reload when the controller has become another version", async () => {
  const { page, standIn } = await open();
  await live(page);
  await until("the version to be asked", () => standIn.asked.includes("GET /api/version"));
  standIn.version = "0.2.0";
  standIn.cut();
  await page.getByText("The controller is now version 0.2.0; this page is older.").waitFor();
});
