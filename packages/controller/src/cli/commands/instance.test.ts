import { logsPath } from "@berth/shared/api/instances";
import { BerthError } from "@berth/shared/errors";
import type { FastifyInstance } from "fastify";
import { expect, test } from "vitest";
import { refuseUpgrade } from "../../api/exec.ts";
import { openEventStream } from "../../api/server-sent-events.ts";
import { startTestController, type TestController } from "../testing/controller.ts";
import { serveExec, type ExecBehaviour, type SeenExec } from "../testing/exec.ts";
import { createTestTerminal, runInTest } from "../testing/terminal.ts";

/** Sends the events and leaves the stream to its end. */
function serveLogs(app: FastifyInstance, events: [string, unknown][], seen: { url?: string } = {}): void {
  app.get(logsPath, (request, reply) => {
    seen.url = request.url;
    const stream = openEventStream(request, reply);
    for (const [event, data] of events) stream.send(event, data);
    stream.end();
  });
}

test("logs: the lines, then the end", async () => {
  const seen: { url?: string } = {};
  await using controller = await startTestController((app) =>
    serveLogs(
      app,
      [
        ["line", { channel: "stdout", text: "ready\u001b[2J on :5678" }],
        ["line", { channel: "stderr", text: "warning" }],
        ["end", {}],
      ],
      seen,
    ),
  );
  const words = ["logs", "user1-n8n", "--follow", "--tail", "5", "--controller", controller.address];
  expect(await runInTest(words)).toEqual({ exitCode: 0, stdout: "ready on :5678\nwarning\n", stderr: "" });
  expect(seen.url).toBe("/api/instances/user1-n8n/logs?follow=true&tail=5&timestamps=false");
  expect((await runInTest([...words, "--json"])).stdout).toBe(
    String.raw`{"channel":"stdout","text":"ready\u001b[2J on :5678"}` + '\n{"channel":"stderr","text":"warning"}\n',
  );
});

test("logs of several containers have their names in front, each in a colour of its own", async () => {
  const line = (container: string, text: string): [string, unknown] => ["line", { channel: "stdout", container, text }];
  const events: [string, unknown][] = [
    ["containers", { names: ["user1-n8n", "user1-n8n-worker"] }],
    line("user1-n8n", "ready"),
    line("user1-n8n-worker", "takes jobs"),
    ["end", {}],
  ];
  await using controller = await startTestController((app) => serveLogs(app, events));
  const words = ["logs", "user1-n8n", "--controller", controller.address];
  expect((await runInTest(words)).stdout).toBe("user1-n8n        | ready\nuser1-n8n-worker | takes jobs\n");
  expect((await runInTest([...words, "--json"])).stdout.split("\n")[0]).toBe(
    '{"channel":"stdout","container":"user1-n8n","text":"ready"}',
  );
  const terminal = createTestTerminal({ tty: true, environment: { NO_COLOR: "", TERM: "xterm" } });
  expect((await runInTest(words, terminal)).stdout).toBe(
    "\u001b[36muser1-n8n        | \u001b[39mready\n\u001b[33muser1-n8n-worker | \u001b[39mtakes jobs\n",
  );
});

test("logs --container: of one alone, and nothing in front", async () => {
  const seen: { url?: string } = {};
  const events: [string, unknown][] = [
    ["containers", { names: ["user1-n8n-worker"] }],
    ["line", { channel: "stdout", container: "user1-n8n-worker", text: "takes jobs" }],
    ["end", {}],
  ];
  await using controller = await startTestController((app) => serveLogs(app, events, seen));
  const words = ["logs", "user1-n8n", "--container", "user1-n8n-worker", "--controller", controller.address];
  expect((await runInTest(words)).stdout).toBe("takes jobs\n");
  expect(seen.url).toBe(
    "/api/instances/user1-n8n/logs?follow=false&tail=100&timestamps=false&container=user1-n8n-worker",
  );
});

test("logs: an error in the stream, and a stream that breaks off", async () => {
  const offline = {
    error: { code: "node.offline", message: "Node user1 is offline", hint: "See berth node show user1" },
  };
  await using controller = await startTestController((app) => serveLogs(app, [["error", offline]]));
  expect(await runInTest(["logs", "user1-n8n", "--controller", controller.address])).toEqual({
    exitCode: 8,
    stdout: "",
    stderr: "error: Node user1 is offline.\nhint: See berth node show user1.\n",
  });
  await using broken = await startTestController((app) => serveLogs(app, []));
  const { exitCode, stderr } = await runInTest(["logs", "user1-n8n", "--controller", broken.address]);
  expect(exitCode).toBe(7);
  expect(stderr).toContain("The log of user1-n8n ended before it was complete.");
});

/** A controller whose command ends with 3 unless the test says otherwise. */
async function startExec(changes: Partial<ExecBehaviour> = {}): Promise<TestController & { seen: SeenExec }> {
  const seen: SeenExec = { resized: [] };
  const controller = await startTestController((app) => serveExec(app, { seen, exitCode: 3, ...changes }));
  return Object.assign(controller, { seen });
}

test("exec passes input, output and the exit code on", async () => {
  await using controller = await startExec();
  const words = ["exec", "-i", "user1-n8n", "--controller", controller.address, "--", "cat", "-A", "--json"];
  const terminal = createTestTerminal({ input: "hello\n" });
  expect(await runInTest(words, terminal)).toEqual({ exitCode: 3, stdout: "HELLO\n", stderr: "bye\n" });
  expect(controller.seen.request).toMatchObject({ instance: "user1-n8n", command: ["cat", "-A", "--json"], tty: null });
});

test("without -i the command's input has ended", async () => {
  await using controller = await startExec();
  const terminal = createTestTerminal();
  const { exitCode, stdout } = await runInTest(
    ["exec", "user1-n8n", "--controller", controller.address, "ls"],
    terminal,
  );
  expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: "" });
});

test("a command that ends before its input does leaves stdin alone, so that the process can end", async () => {
  await using controller = await startExec({ endsAtOnce: true });
  const terminal = createTestTerminal();
  const { exitCode } = await runInTest(
    ["exec", "-i", "user1-n8n", "--controller", controller.address, "--", "true"],
    terminal,
  );
  expect(exitCode).toBe(3);
  expect(terminal.stdin.listenerCount("data") + terminal.stdin.listenerCount("readable")).toBe(0);
  expect(terminal.stdin.isPaused()).toBe(true);
});

test("exec --json collects; a killed command ends with 137", async () => {
  await using controller = await startExec({ exitCode: null });
  const words = ["exec", "-i", "--json", "user1-n8n", "--controller", controller.address, "--", "cat"];
  const { exitCode, stdout, stderr } = await runInTest(words, createTestTerminal({ input: "hé" }));
  expect({ exitCode, stderr }).toEqual({ exitCode: 137, stderr: "" });
  expect(JSON.parse(stdout)).toEqual({ exitCode: 137, stdout: "HÉ", stderr: "bye\n" });
});

test("-t gives the command a terminal of this one's size, raw while it runs", async () => {
  await using controller = await startExec();
  const terminal = createTestTerminal({ tty: true });
  const modes: boolean[] = [];
  const ready = Promise.withResolvers<void>();
  terminal.stdin.setRawMode = (raw) => {
    modes.push(raw);
  };
  terminal.stdout.once("data", () => ready.resolve());
  const running = runInTest(["exec", "-it", "user1-n8n", "--controller", controller.address, "--", "sh"], terminal);
  terminal.stdin.write("x");
  await ready.promise;
  Object.assign(terminal.stdout, { columns: 120, rows: 40 });
  terminal.stdout.emit("resize");
  terminal.stdin.end();
  expect((await running).exitCode).toBe(3);
  expect(modes).toEqual([true, false]);
  expect(controller.seen.request?.tty).toEqual({ columns: 100, rows: 30 });
  expect(controller.seen.resized).toEqual([[120, 40]]);
});

test("exec: what the controller refuses, a connection that breaks, and -t without a terminal", async () => {
  await using refusing = await startExec({ refusal: "There is no instance 'user9-n8n'" });
  expect(await runInTest(["exec", "user9-n8n", "--controller", refusing.address, "--", "ls"])).toEqual({
    exitCode: 8,
    stdout: "",
    stderr: "error: There is no instance 'user9-n8n'.\n",
  });
  await using breaking = await startExec({ breaks: true });
  const broken = await runInTest(["exec", "user1-n8n", "--controller", breaking.address, "--", "ls"]);
  expect(broken.exitCode).toBe(7);
  expect(broken.stderr).toContain("The connection was lost before the command ended.");
  const { exitCode, stderr } = await runInTest(["exec", "-t", "user1-n8n", "--", "sh"]);
  expect(exitCode).toBe(2);
  expect(stderr).toContain("-t needs a terminal, and stdin is none.");
});

test("exec: an answer in place of the WebSocket is passed on", async () => {
  await using controller = await startTestController((app) =>
    app.server.on("upgrade", (_, socket) =>
      refuseUpgrade(socket, new BerthError("forbidden", "This needs the role 'operator'")),
    ),
  );
  expect(await runInTest(["exec", "user1-n8n", "--controller", controller.address, "--", "ls"])).toEqual({
    exitCode: 5,
    stdout: "",
    stderr: "error: This needs the role 'operator'.\n",
  });
});
