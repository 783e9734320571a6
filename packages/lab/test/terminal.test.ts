/** The page's terminal from a real browser to a real shell: hub, agent and Docker engine are those that users have. */
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { eventually } from "../../agent/src/testing/processes.ts";
import { listEvents } from "../../controller/src/inventory/events.ts";
import { launchBrowser } from "../../dashboard/test/browser.ts";
import { bare, instance, startTerminalNode, type TerminalNode } from "./terminal-node.ts";

type Browser = Awaited<ReturnType<typeof launchBrowser>>;
type Page = Awaited<ReturnType<Browser["newPage"]>>;

let node: TerminalNode;
let browser: Browser;
const complaints: string[] = [];

beforeAll(async () => {
  node = await startTerminalNode();
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await node?.stop();
});
afterEach(({ task }) => {
  if (task.result?.state === "fail") process.stderr.write(node.agent.output());
  expect(complaints.splice(0)).toEqual([]);
});

async function open(account: string, { container = instance, ready = true } = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1000, height: 600 } });
  await context.addCookies([{ name: "berth_session", value: account, url: node.url, sameSite: "Strict" }]);
  const page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  await page.goto(`${node.url}/terminal?instance=${instance}&container=${container}`);
  if (ready) await shows(page, /[$#] $/m);
  return page;
}

/** What stands in the terminal, as it is read to who does not see it. */
const textOf = async (page: Page): Promise<string> =>
  (await page.locator(".xterm-accessibility-tree > div").allInnerTexts())
    .map((line) => line.replace(/ +$/, " "))
    .join("\n");
const shows = (page: Page, pattern: RegExp) =>
  eventually(`${pattern} in the terminal`, async () => pattern.test(await textOf(page)));

async function say(page: Page, line: string): Promise<void> {
  await page.keyboard.type(line);
  await page.keyboard.press("Enter");
}

/** Command lines of what runs in the container. */
async function running(): Promise<string[]> {
  const { Processes: processes } = await node.docker.client.getContainer(instance).top({ ps_args: "-o pid,args" });
  return processes.map(([, ...command]: string[]) => command.join(" "));
}

/** Oldest first. */
async function history(): Promise<string[]> {
  const events = await listEvents(node.harness.inventory.database, { kind: "exec" });
  return events.map(({ message }) => message).toReversed();
}

it("runs what is typed, in UTF-8 and colours, in a terminal as large as the window", async () => {
  const page = await open("otto");
  await say(page, "echo $((6 * 7)) grüße $TERM $LANG");
  await shows(page, /^42 grüße xterm-256color C\.UTF-8$/m);
  await say(page, "stty size");
  await shows(page, /^\d+ \d+$/m);
  const size = async (): Promise<string> => (await textOf(page)).match(/^\d+ \d+$/gm)?.at(-1) ?? "";
  const before = await size();
  await page.setViewportSize({ width: 640, height: 400 });
  // The window's change takes a moment to the node.
  await eventually("another size", async () => {
    await say(page, "stty size");
    return (await size()) !== before;
  });
  const [rows = 0, columns = 0] = (await size()).split(" ").map(Number);
  const [rowsBefore = 0, columnsBefore = 0] = before.split(" ").map(Number);
  expect([rows < rowsBefore, columns < columnsBefore, columns > 40]).toEqual([true, true, true]);
  await say(page, "exit 7");
  await page.getByText("The shell has ended with exit code 7.").waitFor();
  await eventually("the end in the history", async () => (await history()).length === 2);
  const [began, ended] = await history();
  expect(began).toBe(`otto asked to run sh in ${instance}, with a terminal`);
  expect(ended).toMatch(new RegExp(`^sh of otto in ${instance} ended with exit code 7 after \\d+ s$`));
  expect((await history()).join()).not.toContain("grüße");
  await page.context().close();
});

it("ends on the node what runs in a tab that is closed, and leaves the other tab's alone", async () => {
  const [page, other] = [await open("otto"), await open("otto")];
  await say(page, "sleep 1234");
  await say(other, "sleep 5678");
  await eventually("both", async () => (await running()).filter((line) => line.startsWith("sleep ")).length === 2);
  await page.context().close();
  await eventually("the end of one", async () => !(await running()).includes("sleep 1234"));
  expect(await running()).toContain("sleep 5678");
  await other.keyboard.press("Control+c");
  await say(other, "echo still $((1 + 1))");
  await shows(other, /^still 2$/m);
  await other.context().close();
  await eventually("no shell", async () => (await running()).every((line) => !/^(sh|sleep)\b/.test(line)));
  await eventually("its end in the history", async () => (await history()).at(-1)?.includes("was cut off") === true);
});

it("says that a container has no shell", async () => {
  const page = await open("otto", { container: bare, ready: false });
  await page.getByText("The container has no command 'sh'.").waitFor();
  expect((await textOf(page)).trim()).toBe("");
  await page.context().close();
});

it("is refused to who may only look, and nothing is begun", async () => {
  const before = await history();
  const page = await open("vera", { ready: false });
  await page.getByText("This needs the role 'operator'; account 'vera' has 'viewer'.").waitFor();
  expect(await history()).toEqual(before);
  await page.context().close();
});

it("ends when the account gets another role", async () => {
  const page = await open("otto");
  const { otto } = node.accounts;
  node.accounts["otto"] = { name: "otto", role: "viewer", tenant: null };
  await page.getByText("The login has ended, or the account has another role now.").waitFor({ timeout: 30_000 });
  if (otto) node.accounts["otto"] = otto;
  await eventually("no shell", async () => !(await running()).includes("sh"));
  await page.context().close();
});

it("says within seconds that the node has gone", async () => {
  const page = await open("otto");
  const at = performance.now();
  await node.agent.kill("SIGKILL");
  await page.getByText("The connection to node 'user1' was lost.").waitFor();
  expect(performance.now() - at).toBeLessThan(5000);
  await page.getByRole("button", { name: "Connect again" }).click();
  await page.getByText("The agent of node 'user1' is not connected.").waitFor();
  await page.context().close();
});
