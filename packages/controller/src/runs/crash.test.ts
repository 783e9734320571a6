import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openInventory } from "../inventory/open.ts";
import { createRunner } from "./runner.ts";
import { carryOutPlan, createGates, startPlan, statesOf, useRunners } from "./test-fixtures.ts";
import { handlersWith, imageOperation, imageResult, planOf } from "./test-plans.ts";

describe("a runner that is dropped without being closed", () => {
  const fixture = useRunners();

  test("is taken over by another one under the same operation ids; what had succeeded is not done again", async () => {
    const gate = createGates();
    const dropped = fixture.runnerWith(gate.handler);
    const plan = planOf(
      imageOperation("a"),
      imageOperation("b", ["a"]),
      imageOperation("c", ["b"]),
      imageOperation("d"),
    );
    const id = await startPlan(dropped, plan);
    await gate.started("a");
    gate.open("a");
    await gate.started("b");

    const inventory = await openInventory({ file: fixture.inventory.file });
    const called = new Map<string, string>();
    const runner = createRunner({
      inventory,
      handlers: handlersWith(({ input, operationId }) => {
        called.set(input.image, operationId);
        return Promise.resolve(imageResult);
      }),
      log: { error: (fields) => void fixture.failures.push(fields) },
    });
    await runner.resumeInterrupted();
    expect(statesOf(await runner.wait(id))).toEqual({ a: "succeeded", b: "succeeded", c: "succeeded", d: "succeeded" });
    expect([...called.keys()].toSorted()).toEqual(["b", "c", "d"]);
    expect(called.get("b")).toBe(gate.contexts.get("b")?.operationId);
    expect(called.get("d")).toBe(gate.contexts.get("d")?.operationId);
    expect((await carryOutPlan(runner, planOf(imageOperation("e")))).state).toBe("succeeded");
    await runner.close();
    await inventory.close();
  });
});

/** Uniform in 0..1, the same sequence for the same seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function randomPlan(random: () => number) {
  const operations = Array.from({ length: 25 }, (_, index) => {
    const before = index === 0 ? [] : [Math.floor(random() * index), Math.floor(random() * index)];
    const after = random() < 0.3 ? [] : [...new Set(before)].map((number) => `n${number}`);
    return imageOperation(`n${index}`, after, random() < 0.5 ? "user1" : "user2");
  });
  return planOf(...operations);
}

/** Starts the controller and kills it after that time, counted from when it is ready. Gives its exit code, if it had one. */
async function runAndKill(directory: string, milliseconds: number): Promise<number | null> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "crash-child.ts"), directory], {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 60_000,
  });
  let complaints = "";
  child.stderr.on("data", (data: Buffer) => (complaints += data.toString()));
  const exited = once(child, "exit");
  await Promise.race([once(child.stdout, "data"), exited]);
  const timer = setTimeout(() => child.kill("SIGKILL"), milliseconds);
  await exited;
  clearTimeout(timer);
  if (child.exitCode !== null && child.exitCode !== 0) throw new Error(complaints);
  return child.exitCode;
}

describe("kill -9 of the controller", () => {
  test.each([1, 2, 3])(
    "at random moments (seed %i): the run converges, each operation performed once",
    async (seed) => {
      const directory = mkdtempSync(join(tmpdir(), "berth-crash-"));
      try {
        const random = seeded(seed);
        const plan = randomPlan(random);
        writeFileSync(join(directory, "plan.json"), JSON.stringify(plan));
        let kills = 0;
        // The first at once: a fast machine needs no longer for all of it. Then longer each time, so that a machine ten times
        // slower needs a few kills more, not ten times as many.
        const patience = () => (kills === 0 ? random() * 20 : 20 + random() * 100 * 1.2 ** kills);
        while ((await runAndKill(directory, patience())) === null) kills += 1;
        expect(kills).toBeGreaterThan(0);

        const journal = readFileSync(join(directory, "journal"), "utf8").trimEnd().split("\n");
        const entries = journal.map((line) => line.split(" "));
        const done = entries.filter(([what]) => what === "done").map(([, image]) => String(image));
        expect(done.toSorted()).toEqual(plan.operations.map(({ target }) => target).toSorted());
        // One operation id and one attempt, whoever carried it out and however often it was asked for.
        expect(new Set(entries.map(([, image, id, attempt]) => `${image} ${id} ${attempt}`)).size).toBe(done.length);
        // Nothing is asked for before what it comes after was done.
        for (const { target, after } of plan.operations) {
          const called = entries.findIndex(([what, image]) => what === "called" && image === target);
          const before = entries
            .slice(0, called)
            .filter(([what]) => what === "done")
            .map(([, image]) => `image.ensure/${image}`);
          expect(before).toEqual(expect.arrayContaining(after));
        }
        // At most what was under way at a kill is asked for again.
        expect(entries.filter(([what]) => what === "called").length).toBeLessThanOrEqual(done.length + kills * 4);
      } finally {
        rmSync(directory, { recursive: true });
      }
    },
    120_000,
  );
});
