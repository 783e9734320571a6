/** Debian's Chromium with a session of the controller's, and peer/page-probe.js in each page. */
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { login, setAccount } from "@berth/shared/api/accounts";
import { BerthError } from "@berth/shared/errors";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import type * as z from "zod";
import { ensurePackages } from "../../host/packages.ts";
import { requestJson } from "../request.ts";
import type { PageFleet } from "./fleet.ts";

const name = "admin";
const password = randomBytes(16).toString("hex");
const probe = join(import.meta.dirname, "../peer/page-probe.js");

/** Draws without a GPU; asks nobody on the internet for anything. */
const options = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export async function launchBrowser(onLine: (line: string) => void): Promise<Browser> {
  await ensurePackages(["chromium"], onLine);
  return chromium.launch({ executablePath: "/usr/bin/chromium", args: options });
}

export async function makeAccount({ socket }: PageFleet): Promise<void> {
  const path = setAccount.path.replace(":name", name);
  await requestJson({ socketPath: socket, method: setAccount.method, path, body: { role: "admin", password } });
}

/** A profile of its own, with an empty cache and a session. `begin`: what its pages do first, after the probe is there. */
export async function openContext(browser: Browser, { url }: PageFleet, begin = ""): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const answer = await context.request.post(url + login.path, { data: { name, password } });
  if (!answer.ok()) throw new BerthError("lab.failed", `The login is answered ${answer.status()}`);
  await context.addInitScript(`${await readFile(probe, "utf8")}\n${begin}`);
  return context;
}

/** What an expression of the page's comes to; promises are waited for. */
export async function ask<Schema extends z.ZodType>(
  page: Page,
  expression: string,
  schema: Schema,
): Promise<z.output<Schema>> {
  return schema.parse(await page.evaluate<unknown>(expression));
}

/** Waits until the page says that it follows the controller. */
export async function live(page: Page): Promise<void> {
  await page.getByTestId("connection").getByText("Live", { exact: true }).waitFor();
}
