/** The real `berth serve`, which cannot listen: a service manager starts again only what has ended. */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";

const berth = join(import.meta.dirname, "../cli/berth.ts");

test("ends with one sentence, and does not wait for anything", async () => {
  const directory = mkdtempSync(join(tmpdir(), "berth-start-"));
  const other = createServer().listen(0, "127.0.0.1");
  try {
    await once(other, "listening");
    const taken = `127.0.0.1:${(other.address() as AddressInfo).port}`;
    const places = ["--state", directory, "--configuration", directory, "--socket", join(directory, "controller.sock")];
    const ended = await execa(
      process.execPath,
      [berth, "serve", ...places, "--page", taken, "--agents", "127.0.0.1:0"],
      { reject: false, timeout: 30_000, stdin: "ignore" },
    );
    expect(ended).toMatchObject({ exitCode: 4, timedOut: false });
    expect(ended.stderr).toContain(`error: ${taken} is taken by another program.`);
  } finally {
    other.close();
    rmSync(directory, { recursive: true });
  }
});
