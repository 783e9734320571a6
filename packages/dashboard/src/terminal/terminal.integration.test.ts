/** The terminal in a browser, against the stand-in. With a real node and a real shell: packages/lab/test/terminal.test.ts. */
import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { BerthError } from "@berth/shared/errors";
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { until, usePages, type OpenedPage, type OpenOptions } from "../../test/page-harness.ts";
import type { StandInTerminal } from "../../test/stand-in/terminal.ts";

const { open, directory } = usePages();
const path = "/terminal?instance=user1-n8n";

/** What stands in the terminal, as it is read to who does not see it. */
const shown = async (page: Page): Promise<string> =>
  (await page.locator(".xterm-accessibility-tree > div").allInnerTexts()).join("\n");
const status = (page: Page) => page.getByRole("status");
const connected = (page: Page) => status(page).getByText("Connected", { exact: true });

interface OpenedTerminal extends OpenedPage {
  terminal: StandInTerminal;
}

async function openTerminal(options: OpenOptions = {}): Promise<OpenedTerminal> {
  const opened = await open({ path, ...options });
  await connected(opened.page).waitFor();
  const terminal = opened.standIn.terminals.at(-1);
  if (terminal === undefined) throw new Error("Nobody opened a terminal");
  return { ...opened, terminal };
}

it("is opened from an instance's page in a tab of its own, by those who may run commands", async () => {
  const { page, standIn } = await open({ path: "/instances/user1-n8n" });
  const [tab] = await Promise.all([
    page.context().waitForEvent("page"),
    page.getByRole("link", { name: "Terminal", exact: true }).click(),
  ]);
  await connected(tab).waitFor();
  expect(await tab.title()).toBe("user1-n8n – Terminal – Berth");
  expect(new URL(tab.url()).search).toBe("?instance=user1-n8n");
  expect(standIn.terminals[0]?.request).toMatchObject({
    instance: "user1-n8n",
    command: expect.arrayContaining(["sh"]),
  });
  await tab.close();
  await standIn.terminals[0]?.ended;

  for (const account of [
    { name: "vera", role: "viewer", tenant: null },
    { name: "tina", role: "tenant", tenant: "user1" },
  ] as const) {
    const other = await open({
      path: "/instances/user1-n8n",
      prepare: (prepared) => void Object.assign(prepared, { account }),
    });
    await other.page.getByRole("heading", { name: "user1-n8n" }).waitFor();
    expect(await other.page.getByRole("link", { name: "Terminal" }).count()).toBe(0);
    await other.page.goto(other.url + path);
    await other.page.getByText(`This needs the role 'operator'; account '${account.name}' has`).waitFor();
    expect(other.standIn.terminals).toEqual([]);
  }
});

it("is opened in each container of an instance that has several", async () => {
  const { page, standIn } = await open({
    path: "/instances/user1-n8n",
    prepare: ({ instances }) => {
      const instance = instances.find(({ name }) => name === "user1-n8n");
      const [own] = instance?.containers ?? [];
      if (own) instance?.containers.push({ ...own, name: "user1-n8n-worker" });
    },
  });
  const [tab] = await Promise.all([
    page.context().waitForEvent("page"),
    page.getByRole("link", { name: "Terminal of user1-n8n-worker" }).click(),
  ]);
  await tab.getByRole("heading", { name: "user1-n8n user1-n8n-worker" }).waitFor();
  await until("the container's terminal", () => standIn.terminals.length > 0);
  expect(standIn.terminals[0]?.request.container).toBe("user1-n8n-worker");
});

it("passes what is typed on, shows what comes whole, and follows the window's size", async () => {
  const { page, terminal } = await openTerminal();
  await page.keyboard.type("echo grüße 日本 ✓");
  await page.keyboard.press("Enter");
  await until("the answer", async () => (await shown(page)).split("grüße 日本 ✓").length === 3);
  expect(terminal.typed).toBe("echo grüße 日本 ✓\r");
  // A character that comes in two messages.
  const euro = Buffer.from("12 €\r\n");
  terminal.write(euro.subarray(0, 4));
  terminal.write(euro.subarray(4));
  await until("the euro", async () => (await shown(page)).includes("12 €"));

  const before = terminal.sizes.at(-1);
  await page.setViewportSize({ width: 900, height: 500 });
  await until("the size", () => terminal.sizes.at(-1) !== before);
  await page.keyboard.type("stty size\r");
  await until("its size", async () => (await shown(page)).includes(`${terminal.sizes.at(-1)}`));
});

it("shows colours, also those that programs choose by number, under its policy", async () => {
  const { page, terminal } = await openTerminal({ browser: { colorScheme: "dark" } });
  terminal.write("\u001b[38;2;250;10;20mhot\u001b[0m \u001b[34mblue\u001b[0m\r\n");
  const colourOf = (text: string) =>
    page.evaluate(
      (wanted) =>
        [...document.querySelectorAll(".xterm-rows span")]
          .filter((span) => span.textContent === wanted)
          .map((span) => getComputedStyle(span).color)[0],
      text,
    );
  await until("the colour", async () => (await colourOf("hot")) !== undefined);
  // A little brighter, as its ground needs it.
  expect(await colourOf("hot")).toMatch(/^rgb\(25\d, \d\d, \d\d\)$/);
  expect(await colourOf("blue")).toBe("rgb(108, 177, 230)");
});

it("copies by Ctrl+C what is selected, interrupts without, and pastes by Ctrl+V", async () => {
  const { page, terminal } = await openTerminal({ browser: { permissions: ["clipboard-read", "clipboard-write"] } });
  terminal.write("\r\npickme\r\n");
  await until("the word", async () => (await shown(page)).includes("pickme"));
  const rows = await page.locator(".xterm-rows > div").evaluateAll((lines) =>
    lines.map((line) => {
      const { x, y, height } = line.getBoundingClientRect();
      return { text: line.textContent, x: x + 12, y: y + height / 2 };
    }),
  );
  const row = rows.find(({ text }) => text?.startsWith("pickme"));
  await page.mouse.dblclick(row?.x ?? 0, row?.y ?? 0);
  await page.keyboard.press("Control+c");
  await until("the clipboard", async () => (await page.evaluate(() => navigator.clipboard.readText())) === "pickme");
  expect(terminal.typed).toBe("");
  await page.keyboard.press("Control+c");
  await until("the interrupt", () => terminal.typed === "\u0003");
  await page.keyboard.press("Control+v");
  await until("what was pasted", () => terminal.typed === "\u0003pickme");
});

it("sends a long paste in messages that the controller takes", async () => {
  const { page, terminal } = await openTerminal({ browser: { permissions: ["clipboard-read", "clipboard-write"] } });
  const long = "0123456789".repeat(30_000);
  await page.evaluate((text) => navigator.clipboard.writeText(text), long);
  await page.keyboard.press("Control+v");
  await until("all of it", () => terminal.typed.length === long.length);
  expect(terminal.typed).toBe(long);
});

it("has a paste that the command does not read wait in the page", async () => {
  const { page, terminal } = await openTerminal({ browser: { permissions: ["clipboard-read", "clipboard-write"] } });
  terminal.stopReading();
  const long = "0123456789".repeat(100_000);
  await page.evaluate((text) => navigator.clipboard.writeText(text), long);
  await page.keyboard.press("Control+v");
  await until("as much as may be under way", () => terminal.typed.length >= 512 * 1024);
  await page.waitForTimeout(300);
  expect(terminal.typed.length).toBeLessThan(600 * 1024);
  terminal.takeInput();
  await until("all of it", () => terminal.typed.length === long.length);
  expect(terminal.typed).toBe(long);
});

it("tells the exit code, and connects again with what was written still there", async () => {
  const { page, standIn } = await openTerminal();
  await page.keyboard.type("exit 3\r");
  await page.getByText("The shell has ended with exit code 3.").waitFor();
  await page.getByRole("button", { name: "Connect again" }).press("Enter");
  await connected(page).waitFor();
  expect(standIn.terminals.length).toBe(2);
  await page.keyboard.type("echo second\r");
  await until("the second shell", () => standIn.terminals[1]?.typed === "echo second\r");
  await until("both", async () => /exit 3[^]+echo second/.test(await shown(page)));
});

it("says at once that the connection broke, that the node went, or that there is no shell", async () => {
  const { page, standIn, terminal } = await openTerminal();
  const again = page.getByRole("button", { name: "Connect again" });
  terminal.cut();
  await page.getByText("The connection was lost. What ran in the terminal is ended on the node.").waitFor();
  await until("the keyboard at what can be done", () => again.evaluate((button) => button === document.activeElement));

  for (const [code, message] of [
    ["node.offline", "The connection to node 'user1' was lost."],
    ["not-found", "The container has no command 'sh'."],
  ] as const) {
    await again.click();
    await connected(page).waitFor();
    standIn.terminals.at(-1)?.fail(new BerthError(code, message));
    await page.getByText(message).waitFor();
  }
});

it("says who does not answer, and gives up a connection from which nothing comes any more", async () => {
  const { page, terminal } = await openTerminal();
  terminal.nodeSilentSeconds = 14;
  await status(page).getByText("The node does not answer").waitFor();
  terminal.nodeSilentSeconds = 0;
  await connected(page).waitFor();
  terminal.mute();
  await status(page).getByText("The controller does not answer").waitFor();
  await page.getByText("Nothing was heard of the controller for 15 s.").waitFor({ timeout: 30_000 });
  await terminal.ended;
});

it("says why it cannot be opened: no login, no instance, no WebSocket", async () => {
  const { page } = await open({ path, standIn: { trusted: false } });
  await page.getByText("Log in first.").waitFor();
  expect(await page.getByRole("link", { name: "Log in" }).getAttribute("href")).toBe("/");

  await page.goto(page.url().replace("user1-n8n", "No-Name"));
  await page.getByText("No instance is named 'No-Name'.").waitFor();

  const refused = await open({
    path,
    prepare: (standIn) => void (standIn.refuseUpgrade = 502),
    expects: [/WebSocket/],
  });
  await refused.page.getByText("The controller took no WebSocket. A proxy before it has to pass them on.").waitFor();
});

it("is left with the keyboard, and asks before a tab with a shell in it is closed", async () => {
  const { page, terminal } = await openTerminal();
  await page.keyboard.press("Tab");
  await until("the shell's Tab", () => terminal.typed === "\t");
  await page.keyboard.press("Control+m");
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("user1-n8n");
  expect(terminal.typed).toBe("\t");
  await page.keyboard.press("Tab");
  await page.keyboard.type("back");
  await until("what was typed then", () => terminal.typed === "\tback");
  const asked = page.waitForEvent("dialog");
  await page.close({ runBeforeUnload: true });
  await (await asked).accept();
  await terminal.ended;
});

it("has two tabs apart", async () => {
  const { page, standIn, url } = await openTerminal();
  const other = await page.context().newPage();
  await other.goto(url + path);
  await connected(other).waitFor();
  await other.keyboard.type("two");
  await until("the second", () => standIn.terminals[1]?.typed === "two");
  expect(standIn.terminals[0]?.typed).toBe("");
  await other.close();
  await standIn.terminals[1]?.ended;
  await page.keyboard.type("one");
  await until("the first", () => standIn.terminals[0]?.typed === "one");
});

it("has keys to tap on a phone, and fits it", async () => {
  const { page, terminal } = await openTerminal({
    browser: { viewport: { width: 360, height: 640 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
  });
  expect(Number(terminal.sizes.at(-1)?.split(" ")[1])).toBeGreaterThan(35);
  for (const name of ["Escape", "Control C", "Up"]) await page.getByRole("button", { name, exact: true }).tap();
  await until("the keys", () => terminal.typed === "\u001b\u0003\u001b[A");
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBe(640);
});

it.each([
  ["dark", "rgb(15, 19, 23)"],
  ["light", "rgb(245, 246, 247)"],
] as const)("has the page's ground in %s, and follows another choice of the system", async (colorScheme, ground) => {
  const { page } = await openTerminal({ browser: { colorScheme } });
  const of = () =>
    page.evaluate(
      () => getComputedStyle(document.querySelector(".xterm-scrollable-element") ?? document.body).backgroundColor,
    );
  expect(await of()).toBe(ground);
  await page.emulateMedia({ colorScheme: colorScheme === "dark" ? "light" : "dark" });
  await until("the other ground", async () => (await of()) !== ground);
});

it("is not loaded with the page, whose scripts stay below 200 kB compressed", async () => {
  const scripts = async (document: string): Promise<string[]> => {
    const html = await readFile(`${directory()}/${document}`, "utf8");
    return [...html.matchAll(/(?:src|href)="(\/[^"]+\.js)"/g)].map(([, file = ""]) => file);
  };
  const sizeOf = async (file: string) => gzipSync(await readFile(directory() + file)).length;
  const sizes = await Promise.all((await scripts("index.html")).map(sizeOf));
  expect(sizes.length).toBeGreaterThan(1);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(200_000);
  const own = (await scripts("terminal.html")).find((file) => file.includes("/terminal-")) ?? "";
  expect(await sizeOf(own)).toBeGreaterThan(50_000);
  expect(await scripts("index.html")).not.toContain(own);
});
