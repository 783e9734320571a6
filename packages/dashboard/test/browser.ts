/** Chromium for the integration tests: Debian's, without a sandbox, offline but for the stand-in. */
import { existsSync } from "node:fs";
import { chromium, type Browser } from "playwright-core";

const executable = "/usr/bin/chromium";

export async function launchBrowser(): Promise<Browser> {
  if (!existsSync(executable)) throw new Error(`${executable} is not there: apt-get install chromium`);
  return await chromium.launch({
    executablePath: executable,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
