import { defaultRules, effectiveRules } from "@berth/shared/fleet/alert-rules";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clearTime, evaluate, skipTime } from "./evaluate.ts";
import type { Condition, Look } from "./finding.ts";
import { alertStateSchema, type AlertState } from "./state.ts";

const second = 1000;
const minute = 60 * second;
const [first] = effectiveRules({ rules: { "node-gone": { for: 120, clearAfter: 300 } } });
if (first === undefined) throw new Error("there is no rule");
const rule = first;

function lookOf(condition: Condition | undefined): Look {
  const common = { rule, subject: "user1", labels: { node: "user1" }, value: null, summary: "it is gone" };
  return {
    findings: condition === undefined ? [] : [{ ...common, condition, description: "" }],
    blind: { nodes: new Set(), mounts: new Set(), rules: new Set() },
  };
}

/** What becomes of one thing, tick by tick. */
class World {
  active = new Map<string, AlertState>();
  /** Only what is not as it was is written. */
  stored = new Map<string, string>();
  ended: AlertState[] = [];
  log: string[] = [];
  now = 0;
  readonly #step: number;

  constructor(step = 5 * second) {
    this.#step = step;
  }

  look(condition: Condition | undefined): void {
    this.now += this.#step;
    const lastEnd = (key: string) => this.ended.findLast((state) => state.key === key);
    const returnsOf = (key: string) => {
      const last = lastEnd(key);
      return last !== undefined && this.now - (last.endedAt ?? 0) < 24 * 60 * minute ? last.returns + 1 : 0;
    };
    const { active, changed, dropped } = evaluate(this.active, lookOf(condition), { now: this.now, returnsOf });
    for (const { key } of dropped) this.stored.delete(key);
    for (const state of changed) {
      if (state.phase === "ended") this.stored.delete(state.key);
      else this.stored.set(state.key, JSON.stringify(state));
      const before = this.active.get(state.key)?.phase;
      if (state.phase === "firing" && before !== "firing") this.log.push(`fired at ${this.now / second}`);
      if (state.phase === "ended") {
        this.ended.push(state);
        this.log.push(`ended at ${this.now / second}`);
      }
    }
    this.active = new Map(active);
  }

  for(milliseconds: number, condition: Condition | undefined): this {
    for (let passed = 0; passed < milliseconds; passed += this.#step) this.look(condition);
    return this;
  }

  /** As a controller that was killed and comes back at once: what was stored is all it has. */
  restart(): void {
    const states = [...this.stored.values()].map((text) => alertStateSchema.parse(JSON.parse(text)));
    this.active = new Map(states.map((state) => [state.key, state]));
  }
}

describe("one thing that is amiss", () => {
  test("is told after its time, and ends once all was well for a while", () => {
    const { log } = new World().for(3 * minute, "bad").for(6 * minute, "good");
    expect(log).toEqual(["fired at 125", "ended at 485"]);
  });

  test("is not told when it passes", () => {
    const world = new World().for(1 * minute, "bad").for(6 * minute, "good");
    expect([world.log, world.active.size]).toEqual([[], 0]);
  });

  test("is told when it comes and goes, although it never lasts", () => {
    const world = new World();
    for (let time = 0; time < 10; time += 1) world.for(30 * second, "bad").for(60 * second, "good");
    expect(world.log).toEqual([expect.stringMatching(/^fired/)]);
  });

  test("stays while nobody can see it, and between its two thresholds", () => {
    const world = new World()
      .for(3 * minute, "bad")
      .for(60 * minute, "unknown")
      .for(60 * minute, "held");
    expect(world.log).toEqual(["fired at 125"]);
    expect(world.for(6 * minute, "good").log).toHaveLength(2);
  });

  test("ends when the thing is gone", () => {
    expect(new World().for(3 * minute, "bad").for(5 * second, undefined).log).toEqual(["fired at 125", "ended at 185"]);
  });

  test("of samples stays while no samples of its node come", () => {
    const { active } = new World().for(3 * minute, "bad");
    const look: Look = {
      findings: [],
      blind: { nodes: new Set(["user1"]), mounts: new Set(), rules: new Set([rule.name]) },
    };
    const options = { now: 200 * second, returnsOf: () => 0 };
    expect(evaluate(active, look, options).active.get("node-gone/user1")?.phase).toBe("firing");
    const other = { ...look, blind: { ...look.blind, rules: new Set<string>() } };
    expect(evaluate(active, other, options).active.size).toBe(0);
  });

  test("does not count the time in which nobody looked", () => {
    const world = new World().for(1 * minute, "bad");
    world.now += 60 * minute;
    world.active = skipTime(world.active, 60 * minute);
    world.look("bad");
    expect(world.log).toEqual([]);
    expect(world.for(70 * second, "bad").log).toHaveLength(1);
  });
});

test("what comes back has to be well for longer each time", () => {
  const times = [0, 1, 2, 5, 6, 7, 50].map((returns) => clearTime(5 * minute, returns) / minute);
  expect(times).toEqual([5, 10, 20, 160, 320, 360, 360]);
  expect(clearTime(24 * 60 * minute, 3)).toBe(24 * 60 * minute);
});

const conditions = fc.constantFrom<Condition>("bad", "good", "held", "unknown");
const phases = fc.array(fc.tuple(conditions, fc.integer({ min: 1, max: 120 })), { minLength: 1, maxLength: 40 });

describe("whatever happens", () => {
  test("a thing that flaps for ten hours is told at most eight times", () => {
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 3600 }), fc.integer({ min: 5, max: 3600 }), (bad, good) => {
        const world = new World(15 * second);
        while (world.now < 10 * 60 * minute) world.for(bad * second, "bad").for(good * second, "good");
        expect(world.log.filter((line) => line.startsWith("fired")).length).toBeLessThanOrEqual(8);
      }),
      { numRuns: 60 },
    );
  });

  test("a restart at any instant changes nothing that is told", () => {
    fc.assert(
      fc.property(phases, fc.array(fc.nat(4000), { maxLength: 20 }), (script, restarts) => {
        const [steady, restarted] = [new World(), new World()];
        let tick = 0;
        for (const [condition, count] of script) {
          for (let index = 0; index < count; index += 1, tick += 1) {
            steady.look(condition);
            restarted.look(condition);
            if (restarts.includes(tick)) restarted.restart();
          }
        }
        expect(restarted.log).toEqual(steady.log);
      }),
    );
  });

  test("what is amiss without a break for its time is told, and what never was is not", () => {
    fc.assert(
      fc.property(phases, (script) => {
        const world = new World();
        for (const [condition, count] of script) world.for(count * 5 * second, condition);
        const isEverLong = script.some(([condition, count]) => condition === "bad" && count * 5 > 130);
        const badTime = script.reduce((sum, [condition, count]) => sum + (condition === "bad" ? count * 5 : 0), 0);
        if (isEverLong) expect(world.log.length).toBeGreaterThan(0);
        if (badTime < defaultRules["node-gone"].for - 5) expect(world.log).toEqual([]);
      }),
    );
  });
});
