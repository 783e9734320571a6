import { expect, test } from "vitest";
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
