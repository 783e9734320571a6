import { expect, it } from "vitest";
import { live, until, usePages } from "../../test/page-harness.ts";

const { open } = usePages();

it("leaves a node that was removed out of the overview, and raises no alarm for it", async () => {
  const { page, standIn } = await open();
  await live(page);
  standIn.changeNode("user1", { state: "offline" });
  await page
    .locator(".attention")
    .getByText(/offline, last seen/)
    .waitFor();
  standIn.removeNode("user1");
  await page.locator('[data-node="user1"]').waitFor({ state: "detached" });
  await until("no word of it", async () => !(await page.getByTestId("content").innerText()).includes("user1"));
});

it.each([
  ["/nodes/user1", "user1 is gone: the fleet no longer has this node."],
  ["/instances/user1-n8n", "user1-n8n is gone: the fleet no longer has this instance."],
  ["/tenants/user1", "user1 is gone: the fleet no longer has this tenant."],
])("says at %s that it is gone, and nothing else of it", async (path, sentence) => {
  const { page, standIn } = await open({ path });
  await live(page);
  await page.getByRole("heading", { name: "CPU" }).first().waitFor();
  standIn.removeNode("user1");
  await page.getByRole("status").getByText(sentence).waitFor();
  const [heading = "", ...others] = await page.getByTestId("content").locator("> *").allInnerTexts();
  expect([heading, ...others]).toEqual([path.split("/").at(-1), sentence]);
});
