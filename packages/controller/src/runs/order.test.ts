import { setImmediate as immediate } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { putNode } from "../inventory/nodes.ts";
import { carryOutPlan, createGates, startPlan, useRunners } from "./test-fixtures.ts";
import { type ImageHandler, imageOperation, imageResult, planOf } from "./test-plans.ts";

const fixture = useRunners();

describe("order", () => {
  test("respects the graph and the limits, for any graph", async () => {
    const plans = fc
      .array(fc.record({ node: fc.constantFrom("user1", "user2", null), after: fc.array(fc.nat()) }), {
        minLength: 1,
        maxLength: 25,
      })
      .map((nodes) =>
        nodes.map(({ node, after }, index) => {
          const before = index === 0 ? [] : after.map((number) => `n${number % index}`);
          return imageOperation(`n${index}`, before, node);
        }),
      );
    await fc.assert(
      fc.asyncProperty(
        plans,
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 3 }),
        async (operations, total, perNode) => {
          const done = new Set<string>();
          const running = new Map<string, string | null>();
          const runner = fixture.runnerWith(
            async (context) => {
              const name = context.input.image;
              const operation = operations.find(({ target }) => target === name);
              expect(operation?.after.filter((id) => !done.has(id))).toEqual([]);
              running.set(name, context.node);
              expect(running.size).toBeLessThanOrEqual(total);
              const here = [...running.values()].filter((node) => node !== null && node === context.node);
              expect(here.length).toBeLessThanOrEqual(perNode);
              await immediate();
              running.delete(name);
              done.add(`image.ensure/${name}`);
              return imageResult;
            },
            { concurrency: { total, perNode, pullsPerHost: 16 } },
          );
          const ended = await carryOutPlan(runner, planOf(...operations));
          expect(ended.counts).toMatchObject({ succeeded: operations.length, failed: 0, skipped: 0 });
          expect(done.size).toBe(operations.length);
        },
      ),
      { numRuns: 40 },
    );
  });

  test("independent steps run at the same time, two on one resource do not", async () => {
    let most = 0;
    const running = new Map<string, number>();
    const handler: ImageHandler = async ({ input, node }) => {
      const lock = `${node}:${input.image}`;
      running.set(lock, (running.get(lock) ?? 0) + 1);
      expect(running.get(lock)).toBe(1);
      most = Math.max(most, running.size);
      for (let turn = 0; turn < 5; turn += 1) await immediate();
      running.delete(lock);
      return imageResult;
    };
    const again = (id: string, node: string) => ({ ...imageOperation("same", [], node), id });
    const plan = planOf(again("first", "user1"), again("second", "user1"), again("third", "user2"));
    expect((await carryOutPlan(fixture.runnerWith(handler), plan)).state).toBe("succeeded");
    expect(most).toBe(2);
  });

  test("images are pulled in turns on nodes that share a host, and at once on others", async () => {
    for (const [name, proxmox] of [
      ["user1", "pve"],
      ["user2", "pve"],
      ["user3", null],
      ["user4", null],
    ] as const) {
      await putNode(fixture.inventory.database, { name, address: "10.0.6.11", proxmox });
    }
    const gates = createGates();
    const runner = fixture.runnerWith(gates.handler, { concurrency: { pullsPerHost: 1 } });
    const operations = ["user1", "user2", "user3", "user4"].map((node) => imageOperation(node, [], node));
    const id = await startPlan(runner, planOf(...operations));
    await Promise.all(["user1", "user3", "user4"].map((node) => gates.started(node)));
    expect([...gates.contexts.keys()]).not.toContain("user2");
    gates.open("user1");
    await gates.started("user2");
    for (const node of ["user2", "user3", "user4"]) gates.open(node);
    expect(await runner.wait(id)).toMatchObject({ state: "succeeded" });
  });

  test.each([
    ["a dependency that is not there", planOf(imageOperation("a", ["b"])), "comes after image.ensure/b"],
    ["a circle", planOf(imageOperation("a", ["b"]), imageOperation("b", ["a"])), "wait for each other"],
    ["the same id twice", planOf(imageOperation("a"), imageOperation("a")), "same id"],
    ["an input of another shape", planOf({ ...imageOperation("a"), input: { image: 1 } }), "does not fit its schema"],
  ])("a plan with %s is refused, and nothing is written", async (_, plan, message) => {
    const runner = fixture.runnerWith(() => Promise.resolve(imageResult));
    await expect(runner.start({ plan, kind: "apply", account: "admin" })).rejects.toThrow(message);
    expect(await runner.list()).toEqual([]);
  });

  test("an empty plan writes nothing", async () => {
    const runner = fixture.runnerWith(() => Promise.resolve(imageResult));
    expect(await runner.start({ plan: planOf(), kind: "apply", account: "admin" })).toBeNull();
    expect(await runner.list()).toEqual([]);
  });
});
