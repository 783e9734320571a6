import { createServer } from "node:net";
import { join } from "node:path";
import { getStatus } from "@berth/shared/api/status";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../testing/directory.ts";
import { startTestController } from "../testing/controller.ts";
import { openEventStream } from "../../api/server-sent-events.ts";
import { createClient, requestPath } from "./client.ts";

test("parameters and query are filled in and escaped; undefined is left out", () => {
  expect(requestPath("/api/nodes/:name", { name: "a/b?c" }, { force: "true", x: undefined, q: "1&2" })).toBe(
    "/api/nodes/a%2Fb%3Fc?force=true&q=1%262",
  );
  expect(requestPath("/api/status", undefined, undefined)).toBe("/api/status");
});

test("a controller that accepts and says nothing costs its deadline", async () => {
  const socket = join(await temporaryDirectory(), "silent.sock");
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  const client = createClient({ kind: "unix", socket }, { raw: true });
  await expect(client.call(getStatus, { deadlineSeconds: 0.05 })).rejects.toMatchObject({
    code: "deadline.exceeded",
    message: expect.stringContaining("was silent on GET /api/status for 0.05 s"),
  });
  server.close();
});

test("a connection that breaks in the middle is controller.unreachable", async () => {
  await using controller = await startTestController((app) => {
    app.get("/api/status", (request, reply) => {
      reply.hijack();
      reply.raw.writeHead(200, { "content-length": "100" });
      reply.raw.write("{", () => request.raw.socket.destroy());
    });
  });
  const client = createClient({ kind: "unix", socket: controller.socket }, { raw: true });
  await expect(client.call(getStatus, {})).rejects.toMatchObject({ code: "controller.unreachable" });
});

test("events come with their names and data, cut anywhere, also inside a character", async () => {
  await using controller = await startTestController((app) => {
    app.get("/events", (request, reply) => {
      const stream = openEventStream(request, reply);
      const text = Buffer.from('event: a\ndata: {"x":"é"}\n\n');
      reply.raw.write(text.subarray(0, 21));
      setImmediate(() => {
        reply.raw.write(text.subarray(21));
        stream.send("b", [1]);
        stream.end();
      });
    });
  });
  const client = createClient({ kind: "unix", socket: controller.socket }, { raw: true });
  const events = [];
  for await (const event of client.events("/events", new AbortController().signal)) events.push(event);
  expect(events).toEqual([
    { event: "a", data: { x: "é" } },
    { event: "b", data: [1] },
  ]);
});
