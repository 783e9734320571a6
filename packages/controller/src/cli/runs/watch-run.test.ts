import type { Run } from "@berth/shared/api/runs";
import { expect, test, vi } from "vitest";
import { createClient } from "../client/client.ts";
import { startTestController } from "../testing/controller.ts";
import { run, step } from "../testing/fixtures.ts";
import { TestRun } from "../testing/runs.ts";
import { watchRun } from "./watch-run.ts";

const running = run([step({ state: "running" })]);
const succeeded = run([step({ state: "succeeded" })], { state: "succeeded" });
const timings = { pollMilliseconds: 60_000, reconnectMilliseconds: 1, patienceMilliseconds: 10_000 };
const never = new AbortController().signal;

test("a broken stream is taken up again", async () => {
  const testRun = new TestRun(running);
  await using controller = await startTestController((app) => testRun.serve(app));
  const client = createClient({ kind: "unix", socket: controller.socket }, { raw: true });
  const watching = watchRun(client, 12, { onRun() {} }, never, timings);
  await testRun.watched;
  testRun.disconnect();
  await testRun.watched;
  testRun.become(succeeded);
  expect(await watching).toEqual(succeeded);
  expect(testRun.connections).toBe(2);
});

test("the steps that changed are shown among all others, and in the end what their time went into", async () => {
  const [first, second] = [step({ state: "running" }), step({ id: "b", state: "waiting" })];
  const testRun = new TestRun(run([first, second]));
  await using controller = await startTestController((app) => testRun.serve(app));
  const client = createClient({ kind: "unix", socket: controller.socket }, { raw: true });
  const seen: string[][] = [];
  const onRun = ({ steps }: Run) => void seen.push(steps.map(({ state }) => state));
  const watching = watchRun(client, 12, { onRun }, never, timings);
  await testRun.watched;
  await vi.waitFor(() => expect(seen).toHaveLength(2));
  testRun.change({ ...testRun.current, steps: [{ ...second, state: "running" }] });
  await vi.waitFor(() => expect(seen.at(-1)).toEqual(["running", "running"]));
  const phases = [{ name: "pull", startMilliseconds: 0, milliseconds: 900 }];
  testRun.current = run([{ ...first, state: "succeeded", phases }, second], { state: "succeeded" });
  testRun.change({ ...testRun.current, steps: [{ ...first, state: "succeeded" }] });
  expect((await watching).steps[0]?.phases).toEqual(phases);
});

test("the poll notices an end that the stream did not tell", async () => {
  const testRun = new TestRun(running);
  await using controller = await startTestController((app) => testRun.serve(app));
  const client = createClient({ kind: "unix", socket: controller.socket }, { raw: true });
  const watching = watchRun(client, 12, { onRun() {} }, never, { ...timings, pollMilliseconds: 5 });
  await testRun.watched;
  testRun.current = succeeded;
  expect(await watching).toEqual(succeeded);
});

test("a controller that stays away is given up on after the patience", async () => {
  const client = createClient({ kind: "unix", socket: "/nonexistent/controller.sock" }, { raw: true });
  const watching = watchRun(client, 12, { onRun() {} }, never, { ...timings, patienceMilliseconds: 20 });
  await expect(watching).rejects.toMatchObject({ code: "controller.unreachable" });
});

test("an unknown run is not waited for", async () => {
  await using controller = await startTestController(() => {});
  const client = createClient({ kind: "unix", socket: controller.socket }, { raw: true });
  await expect(watchRun(client, 99, { onRun() {} }, never, timings)).rejects.toMatchObject({ code: "not-found" });
});
