import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";
import { start } from "./testing/samples.ts";
import { minute, readNode, useWorld } from "./testing/world.ts";

const world = useWorld();

/** Answers how many samples were written when it was killed, that many milliseconds after its first words. */
async function runAndKill(directory: string, from: number, milliseconds: number): Promise<number> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, "testing/crash-child.ts"), directory, String(from)],
    {
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 60_000,
    },
  );
  let said = "";
  let complaints = "";
  child.stdout.on("data", (data: Buffer) => (said += data.toString()));
  child.stderr.on("data", (data: Buffer) => (complaints += data.toString()));
  const exited = once(child, "close");
  await Promise.race([once(child.stdout, "data"), exited]);
  const timer = setTimeout(() => child.kill("SIGKILL"), milliseconds);
  await exited;
  clearTimeout(timer);
  if (child.exitCode !== null) throw new Error(complaints);
  return Number(said.slice(0, said.lastIndexOf("\n")).split("\n").at(-1));
}

test("kill -9 at random moments costs at most what was not flushed, and nothing counts twice", async () => {
  const directory = join(world.file, "..");
  let written = 0;
  for (let round = 0; round < 8; round += 1) {
    const killed = await runAndKill(directory, written, Math.random() * 250);
    expect(killed).toBeGreaterThan(written);
    world.now = start + killed * 1000;
    await world.reopen("dropped");
    const points = readNode(world, { from: start, to: start + (killed + 60) * 1000 });
    await world.history.close();
    // What was flushed and not yet said when it was killed may be there: it is whole, as the sums of its steps show.
    const found = points.length * 10;
    expect([killed, killed + 60]).toContain(found);
    for (const [index, { average, maximum }] of points.entries()) {
      expect(Math.abs(maximum - (index * 10 + 9))).toBeLessThanOrEqual(maximum * 0.001);
      expect(Math.abs(average - (index * 10 + 4.5))).toBeLessThanOrEqual(average * 0.001);
    }
    written = found;
  }
  expect(world.history.status()).toMatchObject({ problem: null, setAside: null });
  expect(written * 1000).toBeGreaterThan(8 * minute);
}, 60_000);
