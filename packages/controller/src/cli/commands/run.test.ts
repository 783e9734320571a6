import { cancelRun, listRuns, resumeRun } from "@berth/shared/api/runs";
import { expect, test } from "vitest";
import { serveEndpoint } from "../../api/endpoint.ts";
import { startTestController } from "../testing/controller.ts";
import { run, step } from "../testing/fixtures.ts";
import { TestRun } from "../testing/runs.ts";
import { createTestTerminal, runInTest } from "../testing/terminal.ts";

const running = run([
  step({ state: "succeeded", startedAt: "2026-11-24T06:31:01.000Z", endedAt: "2026-11-24T06:31:03.500Z" }),
  step({ id: "b", target: "user1-flowise", state: "running", attempt: 1, startedAt: "2026-11-24T06:31:04.000Z" }),
]);
const cancelled = run([step({ state: "cancelled" })], { state: "cancelled", endedAt: "2026-11-24T06:31:09.000Z" });
const line = {
  sequence: 1,
  at: "2026-11-24T06:31:02.000Z",
  step: "instance.ensure/user1-n8n",
  line: "pulled\u001b[2J",
};

test("run list", async () => {
  const { steps: _, ...summary } = running;
  await using controller = await startTestController((app) =>
    serveEndpoint(app, listRuns, async () => ({ runs: [summary] })),
  );
  expect((await runInTest(["run", "list", "--controller", controller.address])).stdout).toBe(
    `RUN  KIND   STATE    STEPS                   TOOK  STARTED  BY
 12  apply  running  1 succeeded, 1 running  12s   12s ago  local
`,
  );
});

test("run show tells every step; a run that failed is no failure of showing it", async () => {
  const failed = { ...running, state: "failed" as const };
  await using controller = await startTestController((app) => new TestRun(failed).serve(app));
  const { exitCode, stdout } = await runInTest(["run", "show", "12", "--controller", controller.address]);
  expect(exitCode).toBe(0);
  expect(stdout).toBe(`user1
  succeeded  create instance user1-n8n      2.5s    is missing
  running    create instance user1-flowise  8.0s    is missing

Run 12 failed after 12s: 1 succeeded, 1 running.
`);
});

test("run show tells what the time of a slow step went into", async () => {
  const upgrade = { id: "instance.upgrade/user1-n8n", kind: "instance.upgrade", change: "upgrade" as const };
  const phases = [
    { name: "stop", target: "user1-n8n", startMilliseconds: 20, milliseconds: 1200 },
    { name: "copy", target: "user1-n8n-data", startMilliseconds: 1240, milliseconds: 2600 },
    { name: "copy", target: "user1_n8n", startMilliseconds: 3900, milliseconds: 500 },
    { name: "start", target: "user1-n8n", startMilliseconds: 4450, milliseconds: 800 },
    { name: "wait until healthy", target: "user1-n8n", startMilliseconds: 5260, milliseconds: 34_400 },
  ];
  const ended = { state: "succeeded" as const, startedAt: "2026-11-24T06:30:00.000Z", attempt: 1 };
  const slow = run([
    step({ ...ended, ...upgrade, reason: "version 2.40.7 -> 2.41.1", endedAt: "2026-11-24T06:30:41.000Z", phases }),
    step({ ...ended, endedAt: "2026-11-24T06:30:04.000Z", phases }),
  ]);
  await using controller = await startTestController((app) => new TestRun(slow).serve(app));
  const show = ["run", "show", "12", "--controller", controller.address];
  expect((await runInTest(show)).stdout).toContain(`user1
  succeeded  upgrade instance user1-n8n  41s     version 2.40.7 -> 2.41.1
             stop 1.2s, copy 3.1s, start 0.8s, wait until healthy 34s
  succeeded  create instance user1-n8n   4.0s    is missing

`);
  expect(JSON.parse((await runInTest([...show, "--json"])).stdout).run.steps[0].phases).toEqual(phases);
});

test("run show --follow ends as the run does", async () => {
  const testRun = new TestRun(running);
  await using controller = await startTestController((app) => testRun.serve(app));
  const following = runInTest(["run", "show", "12", "--follow", "--controller", controller.address]);
  await testRun.watched;
  testRun.become(cancelled);
  const { exitCode, stderr } = await following;
  expect(exitCode).toBe(10);
  expect(stderr).toContain("error: Run 12 was cancelled.\nhint: `berth run resume 12` carries on with it.\n");
});

test("a run that cannot be resumed is told with the command that begins anew", async () => {
  const testRun = new TestRun(running);
  await using controller = await startTestController((app) => testRun.serve(app));
  const failed = run([step({ state: "failed" })], { state: "failed", restartWith: "berth secret rotate user1-n8n" });
  for (const [ended, hint] of [
    [failed, "`berth run logs 12` shows what happened, `berth secret rotate user1-n8n` begins anew."],
    [{ ...failed, state: "cancelled" as const }, "`berth secret rotate user1-n8n` begins anew."],
  ] as const) {
    testRun.current = ended;
    const { stderr } = await runInTest(["run", "show", "12", "--follow", "--controller", controller.address]);
    expect(stderr).toContain(`\nhint: ${hint}\n`);
  }
});

test("run logs, and only one step of it", async () => {
  const testRun = new TestRun(running);
  testRun.lines.push(line, { ...line, sequence: 2, step: "b", line: "other" });
  await using controller = await startTestController((app) => testRun.serve(app));
  const logs = ["run", "logs", "12", "--controller", controller.address];
  expect((await runInTest([...logs, "--step", "b"])).stdout).toBe("06:31:02 b: other\n");
  expect((await runInTest(logs)).stdout).toBe("06:31:02 instance.ensure/user1-n8n: pulled\n06:31:02 b: other\n");
  expect(JSON.parse((await runInTest([...logs, "--json"])).stdout)).toEqual({ lines: testRun.lines });
});

test("run logs --follow prints each line once, also those from before it looked", async () => {
  const testRun = new TestRun(running);
  testRun.lines.push({ ...line, line: "one" });
  await using controller = await startTestController((app) => testRun.serve(app));
  const following = runInTest(["run", "logs", "12", "--follow", "--controller", controller.address]);
  await testRun.watched;
  for (let sequence = 2; sequence <= 50; sequence += 1) testRun.log({ ...line, sequence, line: `line ${sequence}` });
  testRun.become(cancelled);
  const { exitCode, stdout } = await following;
  expect(exitCode).toBe(0);
  expect(stdout.split("\n").map((text) => text.split(": ")[1])).toEqual([
    "one",
    ...Array.from({ length: 49 }, (_, index) => `line ${index + 2}`),
    undefined,
  ]);
});

test("run cancel and run resume", async () => {
  const testRun = new TestRun(cancelled);
  await using controller = await startTestController((app) => {
    testRun.serve(app);
    serveEndpoint(app, cancelRun, async () => cancelled);
    serveEndpoint(app, resumeRun, async () => {
      testRun.current = running;
      return running;
    });
  });
  const cancel = await runInTest(["run", "cancel", "12", "--controller", controller.address]);
  expect(cancel).toEqual({ exitCode: 0, stdout: "Run 12 was cancelled after 9.0s: 1 cancelled.\n", stderr: "" });
  const detached = await runInTest(["run", "resume", "12", "--detach", "--controller", controller.address]);
  expect(detached.stdout).toBe("Run 12 is running, since 12s: 1 succeeded, 1 running.\n");
  const terminal = createTestTerminal();
  const following = runInTest(["run", "resume", "12", "--controller", controller.address], terminal);
  await testRun.watched;
  testRun.become({ ...running, state: "succeeded", endedAt: "2026-11-24T06:31:10.000Z" });
  expect((await following).exitCode).toBe(0);
});
