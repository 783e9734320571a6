import { expect, it } from "vitest";
import { logIn, until, usePages } from "../../test/page-harness.ts";

const { open } = usePages();

it("says in a sentence that the password is wrong, and lets in with the right one", async () => {
  const { page } = await open({ standIn: { trusted: false } });
  await logIn(page, "not the password");
  await page.getByRole("alert").getByText("Account or password is wrong.").waitFor();
  expect(await page.getByLabel("Password").evaluate((input) => input === document.activeElement)).toBe(true);

  await logIn(page);
  await page.getByRole("heading", { name: "valuechain" }).waitFor();
  await page.getByText("admin", { exact: true }).waitFor();
});

it("keeps the session in a cookie that scripts cannot read, and ends it on log out", async () => {
  const { page, url } = await open({ standIn: { trusted: false } });
  await logIn(page);
  await page.getByRole("heading", { name: "valuechain" }).waitFor();
  const [cookie] = await page.context().cookies(url);
  expect(cookie).toMatchObject({ name: "berth_session", httpOnly: true, sameSite: "Strict" });
  expect(await page.evaluate(() => [document.cookie, JSON.stringify(localStorage)])).toEqual(["", "{}"]);

  await page.reload();
  await page.getByRole("heading", { name: "valuechain" }).waitFor();
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByLabel("Password").waitFor();
  expect(await page.context().cookies(url)).toEqual([]);
});

it("asks nobody to log in where the controller does not", async () => {
  const { page, standIn } = await open();
  await page.getByRole("heading", { name: "valuechain" }).waitFor();
  expect(standIn.asked).not.toContain("POST /api/login");
});

it("comes back to the page that was asked for when the session has ended", async () => {
  const { page, standIn } = await open({ standIn: { trusted: false }, path: "/nodes/user2" });
  await logIn(page);
  await page.getByRole("heading", { name: "user2", exact: true }).waitFor();
  await page.context().clearCookies();
  standIn.cut();
  await page.getByText("Your session has ended. Log in again.").waitFor();
  await logIn(page);
  await page.getByRole("heading", { name: "user2", exact: true }).waitFor();
});

it("shows why it cannot begin, and begins by itself when it can", async () => {
  const { page, standIn } = await open({ prepare: (api) => Object.assign(api, { down: true }) });
  await page.getByRole("alert").getByText("The controller does not answer.").waitFor();
  standIn.down = false;
  await until("the fleet", () => page.getByRole("heading", { name: "valuechain" }).isVisible());
});
