/** What the integration tests share: the page built once per file, a browser, and for each test a stand-in of its own. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { launchBrowser } from "./browser.ts";
import { buildPage } from "./build-page.ts";
import { password, StandIn, type StandInOptions } from "./stand-in/stand-in.ts";

/** Deadline of every wait in the browser. */
const waitMilliseconds = 20_000;

export interface OpenOptions {
  path?: string;
  standIn?: StandInOptions;
  browser?: BrowserContextOptions;
  /** What the browser complains of and the test means to cause. */
  expects?: RegExp[];
  /** Changes the stand-in before the page asks it anything. */
  prepare?: (standIn: StandIn) => void;
}

export interface OpenedPage {
  page: Page;
  standIn: StandIn;
  url: string;
}

export interface Harness {
  /** Opens the page in a fresh profile against a fresh stand-in, which by default asks for no login. */
  open: (options?: OpenOptions) => Promise<OpenedPage>;
  /** Where the built page is. */
  directory: () => string;
}

/** Registers what each file needs around its tests. After every test the page must have run without a complaint. */
export function usePages(): Harness {
  let browser: Browser;
  let directory: string;
  const endings: (() => Promise<void>)[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "berth-dashboard-"));
    await buildPage(directory);
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await rm(directory, { recursive: true, force: true });
  });
  afterEach(async () => {
    for (const end of endings.splice(0).toReversed()) await end();
    expect(complaints.splice(0)).toEqual([]);
  });

  return {
    directory: () => directory,
    open: async ({ path = "/", standIn: options, browser: contextOptions, expects = [], prepare } = {}) => {
      const standIn = new StandIn({ page: directory, trusted: true, ...options });
      prepare?.(standIn);
      const url = await standIn.listen();
      endings.push(() => standIn.close());
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...contextOptions });
      endings.push(() => context.close());
      context.setDefaultTimeout(waitMilliseconds);
      const page = await context.newPage();
      page.on("pageerror", (error) => complaints.push(error.message));
      page.on("console", (message) => {
        // A refused or dropped request is the browser's own line; the tests that cause one look at the page instead.
        const isRequest = message.text().startsWith("Failed to load resource");
        const isMeant = isRequest || expects.some((pattern) => pattern.test(message.text()));
        if (["error", "warning"].includes(message.type()) && !isMeant) complaints.push(message.text());
      });
      await page.goto(url + path);
      return { page, standIn, url };
    },
  };
}

/** Fills in the login and sends it off with the keyboard. */
export async function logIn(page: Page, secret = password): Promise<void> {
  await page.getByLabel("Account").fill("admin");
  await page.getByLabel("Password").fill(secret);
  await page.keyboard.press("Enter");
}

/** Waits until the page follows the stream: only from then on does it hear what the stand-in tells. */
export async function live(page: Page): Promise<void> {
  await page.getByTestId("connection").getByText("Live", { exact: true }).waitFor();
}

/** Waits until the condition holds; says what it waited for when it never does. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  await expect.poll(condition, { timeout: waitMilliseconds, message: `waited for: ${what}` }).toBe(true);
}
