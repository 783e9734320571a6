import { livePath } from "@berth/shared/api/live";
import { getStatus } from "@berth/shared/api/status";
import { listTenants, type TenantStatus } from "@berth/shared/api/tenants";
import { expect, test } from "vitest";
import { serveEndpoint } from "../../api/endpoint.ts";
import { openEventStream, type EventStream } from "../../api/server-sent-events.ts";
import { startTestController, type TestController } from "../testing/controller.ts";
import { createTestTerminal, runInTest, type TestTerminal } from "../testing/terminal.ts";
import { fleet, sharedSamples, user1Samples } from "../top/test-fixtures.ts";

const nothing = { instances: [], databases: [], collections: [], buckets: [], keys: [], hosts: [] };
const user1: TenantStatus = { name: "user1", node: "user1", address: null, state: "active", ...nothing };

interface Live extends AsyncDisposable {
  address: string;
  streams: EventStream[];
}

/** Streams the fleet to whoever looks. */
async function startLive(): Promise<Live> {
  const streams: EventStream[] = [];
  const controller: TestController = await startTestController((app) => {
    serveEndpoint(app, getStatus, async () => fleet);
    serveEndpoint(app, listTenants, async () => ({ tenants: [user1] }));
    app.get(livePath, (request, reply) => {
      const stream = openEventStream(request, reply);
      streams.push(stream);
      stream.send("status", fleet);
      stream.send("samples", sharedSamples);
      stream.send("samples", user1Samples);
    });
  });
  return { address: controller.address, streams, [Symbol.asyncDispose]: () => controller[Symbol.asyncDispose]() };
}

test("one look is a table, which a terminal of 80 columns has room for", async () => {
  await using live = await startLive();
  const { stdout, exitCode } = await runInTest(["top", "--once", "--controller", live.address]);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^CONTAINER +NODE +STATE +CPU +MEMORY +OF +RECEIVES +SENDS +READS +WRITES +PROCESSES$/m);
  expect(stdout).toMatch(/^user1-n8n +user1 +healthy +0\.30 +700 MiB +768 MiB +0 B\/s +0 B\/s +9 B\/s +9 B\/s +20$/m);
  expect(stdout).toMatch(/^user1-flowise +user1 +starting +- +- +-/m);
  const narrow = createTestTerminal({ tty: true });
  narrow.stdout.columns = 80;
  const fitted = await runInTest(["top", "--once", "--controller", live.address], narrow);
  expect(fitted.stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
  expect(fitted.stdout).toMatch(/^CONTAINER .* CPU +MEMORY +OF/m);
});

test("--json has the same rows as numbers", async () => {
  await using live = await startLive();
  const words = ["top", "--by", "tenant", "--tenant", "user1", "--json", "--controller", live.address];
  expect(JSON.parse((await runInTest(words)).stdout)).toMatchObject({
    by: "tenant",
    rows: [{ name: "user1", tenant: "user1", cpuCores: 0.3, memoryBytes: 700 * 1024 ** 2, processes: 20 }],
  });
});

test.each([
  ["--tenant", "usr1", "The fleet has no tenant 'usr1'", "Did you mean 'user1'? See `berth tenant list`"],
  ["--node", "nobody", "The fleet has no node 'nobody'", "See `berth node list`"],
])("%s %s is refused", async (option, name, message, hint) => {
  await using live = await startLive();
  const { stdout, stderr, exitCode } = await runInTest(["top", "--once", option, name, "--controller", live.address]);
  expect([exitCode, stdout]).toEqual([3, ""]);
  expect(stderr).toContain(message);
  expect(stderr).toContain(hint);
});

test("a choice that there is not is refused", async () => {
  const { exitCode, stderr } = await runInTest(["top", "--sort", "colour"]);
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain("cpu, memory, network, disk, name");
});

async function shows(terminal: TestTerminal, text: RegExp): Promise<void> {
  await expect.poll(() => terminal.written.stdout, { timeout: 10_000 }).toMatch(text);
}

test("on a terminal it goes on: keys sort and group, a cut stream is told and tried again, q ends it", async () => {
  await using live = await startLive();
  const terminal = createTestTerminal({ tty: true });
  terminal.stdout.columns = 160;
  const ended = runInTest(["top", "--controller", live.address], terminal);
  await shows(terminal, /valuechain {2}2 of 3 nodes online {2}2 of 4 instances healthy {2}2 measured/);
  terminal.written.stdout = "";
  terminal.stdin.write("b");
  await shows(terminal, /INSTANCE +NODE/);
  terminal.stdin.write("m");
  live.streams[0]?.end();
  await shows(terminal, /Trying again/);
  await expect.poll(() => live.streams.length, { timeout: 10_000 }).toBe(2);
  terminal.stdin.write("q");
  expect((await ended).exitCode).toBe(0);
});

test("Ctrl-C ends it, too", async () => {
  await using live = await startLive();
  const terminal = createTestTerminal({ tty: true });
  const ended = runInTest(["top", "--controller", live.address], terminal);
  await shows(terminal, /CONTAINER/);
  terminal.interrupt();
  expect((await ended).exitCode).toBe(0);
});
