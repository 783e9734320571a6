/** For tests of this room: a real inventory in a temporary directory, and handlers to steer. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, vi } from "vitest";
import type { Run } from "@berth/shared/api/runs";
import type { Plan } from "@berth/shared/operations/plan";
import type { Inventory } from "../inventory/database.ts";
import { openInventory } from "../inventory/open.ts";
import type { OperationContext } from "./handlers.ts";
import { createRunner, type Runner, type RunnerOptions } from "./runner.ts";
import { handlersWith, imageResult, type ImageHandler } from "./test-plans.ts";

export type ImageContext = OperationContext<"image.ensure">;

export interface RunnerFixture {
  readonly inventory: Inventory;
  /** What the runners have logged as errors; a test that expects some takes them out. */
  readonly failures: unknown[];
  runnerWith: (handler: ImageHandler, options?: Partial<RunnerOptions>) => Runner;
}

/** A new inventory for each test; closes the test's runners after it, which must not have logged any failure. */
export function useRunners(): RunnerFixture {
  let directory: string;
  let inventory: Inventory;
  let runners: Runner[] = [];
  const failures: unknown[] = [];
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "berth-runs-"));
    inventory = await openInventory({ file: join(directory, "inventory.sqlite") });
  });
  afterEach(async () => {
    vi.useRealTimers();
    for (const runner of runners) await runner.close();
    runners = [];
    await inventory.close();
    rmSync(directory, { recursive: true });
    expect(failures.splice(0)).toEqual([]);
  });
  return {
    get inventory() {
      return inventory;
    },
    failures,
    runnerWith(handler, options = {}) {
      const runner = createRunner({
        inventory,
        handlers: handlersWith(handler),
        log: { error: (fields) => void failures.push(fields) },
        graceSeconds: 0.05,
        retry: { minMilliseconds: 1 },
        ...options,
      });
      runners.push(runner);
      return runner;
    },
  };
}

export async function carryOutPlan(runner: Runner, plan: Plan): Promise<Run> {
  return runner.wait(await startPlan(runner, plan));
}

/** Gives the run's id. */
export async function startPlan(runner: Runner, plan: Plan): Promise<number> {
  const run = await runner.start({ plan, kind: "apply", account: "admin" });
  if (run === null) throw new Error("The plan is empty");
  return run.id;
}

/** States of the run's steps by their targets. */
export function statesOf(run: Run): Record<string, string> {
  return Object.fromEntries(run.steps.map((step) => [step.target, step.state]));
}

export interface Gates {
  handler: ImageHandler;
  /** What the handler was called with last, by target. */
  contexts: Map<string, ImageContext>;
  /** Ends once the handler was called for that target. */
  started: (target: string) => Promise<void>;
  /** Lets the handler succeed for that target. */
  open: (target: string) => void;
}

/** A handler that ends when the test says so. */
export function createGates(): Gates {
  const resolvers = new Map<string, () => void>();
  const contexts = new Map<string, ImageContext>();
  return {
    contexts,
    handler: (context) =>
      new Promise((resolve, reject) => {
        contexts.set(context.input.image, context);
        resolvers.set(context.input.image, () => resolve(imageResult));
        context.signal.addEventListener("abort", () => reject(context.signal.reason));
      }),
    started: (target) => vi.waitFor(() => expect(contexts.has(target)).toBe(true)),
    open: (target) => resolvers.get(target)?.(),
  };
}
