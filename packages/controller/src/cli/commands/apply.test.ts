import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { postApply, postPlan } from "@berth/shared/api/fleet";
import type { Plan } from "@berth/shared/operations/plan";
import { beforeAll, expect, test } from "vitest";
import { serveEndpoint } from "../../api/endpoint.ts";
import { FleetInvalid } from "../../apply/fleet-invalid.ts";
import { temporaryDirectory } from "../testing/directory.ts";
import { startTestController, type TestController } from "../testing/controller.ts";
import { operation, run, step } from "../testing/fixtures.ts";
import { TestRun } from "../testing/runs.ts";
import { createTestTerminal, runInTest } from "../testing/terminal.ts";

const plan: Plan = { operations: [operation()], warnings: [] };
const removal: Plan = {
  operations: [operation({ kind: "instance.remove", change: "remove", reason: "not in the file" })],
  warnings: [],
};
const empty: Plan = { operations: [], warnings: [] };
const started = run([step({ state: "running", attempt: 1, startedAt: "2026-11-24T06:31:04.000Z" })]);
const succeeded = run(
  [step({ state: "succeeded", startedAt: "2026-11-24T06:31:04.000Z", endedAt: "2026-11-24T06:31:11.500Z" })],
  {
    state: "succeeded",
    endedAt: "2026-11-24T06:31:11.500Z",
  },
);
const failedStep = step({
  state: "failed",
  attempt: 2,
  error: { code: "docker.failed", message: "port 5678 is taken", hint: "Free it" },
});
const failed = run([failedStep], { state: "failed", endedAt: "2026-11-24T06:31:11.500Z" });

let file: string;
beforeAll(async () => {
  file = join(await temporaryDirectory(), "fleet.yaml");
  await writeFile(file, "fleet: test\nnodes: 3\n");
});

interface Asked {
  plan: unknown[];
  apply: unknown[];
}

/** A controller that plans `planned` and, when applied, starts `testRun`. */
async function startApplying(planned: Plan, testRun: TestRun | null): Promise<TestController & { asked: Asked }> {
  const asked: Asked = { plan: [], apply: [] };
  const controller = await startTestController((app) => {
    serveEndpoint(app, postPlan, async ({ body }) => {
      asked.plan.push(body);
      return planned;
    });
    serveEndpoint(app, postApply, async ({ body }) => {
      asked.apply.push(body);
      return { plan: planned, run: testRun?.current ?? null };
    });
    testRun?.serve(app);
  });
  return Object.assign(controller, { asked });
}

test("--plan shows what would change, and changes nothing", async () => {
  await using controller = await startApplying(plan, null);
  expect(await runInTest(["apply", file, "--plan", "--controller", controller.address])).toEqual({
    exitCode: 0,
    stderr: "",
    stdout: `user1
  + create instance user1-n8n  is missing

1 operation on 1 node: 1 to create.
`,
  });
  expect(controller.asked).toEqual({
    plan: [{ yaml: "fleet: test\nnodes: 3\n", file, prune: false, acceptDowngrade: false }],
    apply: [],
  });
});

test("--plan --json is the plan", async () => {
  await using controller = await startApplying(plan, null);
  const { stdout } = await runInTest(["apply", file, "--plan", "--json", "--controller", controller.address]);
  expect(JSON.parse(stdout)).toEqual(plan);
});

test("a converged fleet: nothing to do, one request, exit code 0", async () => {
  await using controller = await startApplying(empty, null);
  expect(await runInTest(["apply", file, "--controller", controller.address])).toEqual({
    exitCode: 0,
    stdout: "Nothing to do: the fleet is as it should be.\n",
    stderr: "",
  });
  const { stdout } = await runInTest(["apply", file, "--json", "--controller", controller.address]);
  expect(JSON.parse(stdout)).toEqual({ operations: [], warnings: [], run: null });
  expect(controller.asked.plan).toEqual([]);
});

test("the run is followed to its end: plan and events on stderr, the summary on stdout", async () => {
  const testRun = new TestRun(started);
  await using controller = await startApplying(plan, testRun);
  const applying = runInTest(["apply", file, "--controller", controller.address]);
  await testRun.watched;
  testRun.become(succeeded);
  expect(await applying).toEqual({
    exitCode: 0,
    stdout: "Run 12 succeeded after 11s: 1 succeeded.\n",
    stderr: `user1
  + create instance user1-n8n  is missing

1 operation on 1 node: 1 to create.

06:31:04 user1: create instance user1-n8n: started
06:31:11 user1: create instance user1-n8n: done in 7.5s
`,
  });
});

test("a run that failed: the failure in full, exit code 8", async () => {
  const testRun = new TestRun(started);
  await using controller = await startApplying(plan, testRun);
  const applying = runInTest(["apply", file, "--controller", controller.address]);
  await testRun.watched;
  testRun.become(failed);
  const { exitCode, stdout, stderr } = await applying;
  expect(exitCode).toBe(8);
  expect(stdout).toBe(`✗ create instance user1-n8n  on user1  after 2 attempts
  docker.failed: port 5678 is taken
  hint: Free it
Run 12 failed after 11s: 1 failed.
`);
  expect(stderr).toContain("error: 1 step of run 12 failed on user1.\nhint: `berth run logs 12`");
});

test("--json with a run that failed prints operations and run, and ends with 8", async () => {
  const testRun = new TestRun(failed);
  await using controller = await startApplying(plan, testRun);
  const { exitCode, stdout } = await runInTest(["apply", file, "--json", "--controller", controller.address]);
  expect(exitCode).toBe(8);
  expect(JSON.parse(stdout)).toEqual({ ...plan, run: failed });
});

test("--detach starts the run and says how to come back to it", async () => {
  await using controller = await startApplying(plan, new TestRun(started));
  const { exitCode, stdout, stderr } = await runInTest(["apply", file, "--detach", "--controller", controller.address]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "Run 12 is running, since 12s: 1 running.\n" });
  expect(stderr).toContain("Run 12 goes on. Watch it: berth run show 12 --follow. Stop it: berth run cancel 12.\n");
});

test("Ctrl-C detaches: the run goes on", async () => {
  const testRun = new TestRun(started);
  await using controller = await startApplying(plan, testRun);
  const terminal = createTestTerminal();
  const applying = runInTest(["apply", file, "--controller", controller.address], terminal);
  await testRun.watched;
  terminal.interrupt();
  const { exitCode, stderr } = await applying;
  expect(exitCode).toBe(130);
  expect(stderr).toContain("Run 12 goes on. Watch it: berth run show 12 --follow.");
});

test("on a terminal a removal is asked about, and no means no", async () => {
  await using controller = await startApplying(removal, null);
  const terminal = createTestTerminal({ tty: true, input: "n\n" });
  const { exitCode, stderr } = await runInTest(
    ["apply", file, "--prune", "--controller", controller.address],
    terminal,
  );
  expect(exitCode).toBe(10);
  expect(stderr).toContain("This removes instance user1-n8n.\n");
  expect(stderr).toContain("Remove 1 thing and carry out the plan? [y/N] ");
  expect(controller.asked.apply).toEqual([]);
});

test("yes carries the removal out", async () => {
  await using controller = await startApplying(removal, new TestRun(succeeded));
  const terminal = createTestTerminal({ tty: true, input: "y\n" });
  const { exitCode } = await runInTest(["apply", file, "--prune", "--controller", controller.address], terminal);
  expect(exitCode).toBe(0);
  expect(controller.asked.apply).toHaveLength(1);
});

test("without a terminal a removal needs --yes, and nothing is done without it", async () => {
  await using controller = await startApplying(removal, new TestRun(succeeded));
  const words = ["apply", file, "--prune", "--controller", controller.address];
  expect(await runInTest(words)).toEqual({
    exitCode: 2,
    stdout: "",
    stderr:
      "error: This removes instance user1-n8n, and there is no terminal to ask on: nothing was changed.\n" +
      "hint: Give --yes to remove without being asked.\n",
  });
  expect(controller.asked.apply).toEqual([]);
  expect((await runInTest([...words, "--yes"])).exitCode).toBe(0);
  expect(controller.asked.apply).toHaveLength(1);
});

test("without a terminal a plan that removes nothing is carried out", async () => {
  await using controller = await startApplying(plan, new TestRun(succeeded));
  expect((await runInTest(["apply", file, "--prune", "--controller", controller.address])).exitCode).toBe(0);
  expect(controller.asked.apply).toHaveLength(1);
});

test("on a terminal nothing is asked when nothing is removed; the picture is drawn and taken away", async () => {
  const testRun = new TestRun(started);
  await using controller = await startApplying(plan, testRun);
  const terminal = createTestTerminal({ tty: true });
  const applying = runInTest(["apply", file, "--controller", controller.address], terminal);
  await testRun.watched;
  testRun.become(succeeded);
  const { exitCode, stdout, stderr } = await applying;
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "Run 12 succeeded after 11s: 1 succeeded.\n" });
  expect(stderr).toContain("▸ create instance user1-n8n  8s");
  expect(stderr).not.toContain("[y/N]");
});

test("mistakes in the file: place, line and caret; exit code 2", async () => {
  await using controller = await startTestController((app) =>
    serveEndpoint(app, postPlan, () => {
      throw new FleetInvalid([{ file, line: 2, column: 8, path: "nodes", message: "'3' is wrong: expected record" }]);
    }),
  );
  const { exitCode, stdout, stderr } = await runInTest(["apply", file, "--plan", "--controller", controller.address]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toBe(`${file}:2:8: nodes: '3' is wrong: expected record
    2 | nodes: 3
      |        ^
error: ${file} has 1 mistake.
hint: Nothing was changed. \`berth fleet schema\` prints a JSON Schema that editors check against.
`);
});

test("a file that is not there", async () => {
  expect(await runInTest(["apply", "/nonexistent/fleet.yaml"])).toEqual({
    exitCode: 3,
    stdout: "",
    stderr: "error: There is no file '/nonexistent/fleet.yaml'.\n",
  });
});

test("mistakes in the file with the present state come without lines of the file, which has others", async () => {
  const merged = `${file} with the present state`;
  await using controller = await startTestController((app) =>
    serveEndpoint(app, postPlan, () => {
      throw new FleetInvalid([{ file: merged, line: 2, column: 8, path: "nodes", message: "is wrong" }]);
    }),
  );
  const { stderr } = await runInTest(["apply", file, "--plan", "--controller", controller.address]);
  expect(stderr).toBe(`${merged}:2:8: nodes: is wrong
error: ${merged} has 1 mistake.
hint: Nothing was changed. \`berth fleet schema\` prints a JSON Schema that editors check against.
`);
});
