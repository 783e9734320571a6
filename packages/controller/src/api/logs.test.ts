import { pino } from "pino";
import { expect, test } from "vitest";
import { buildApp } from "./app.ts";
import type { InstanceLog, LogRequest } from "./instances.ts";
import { idleDependencies } from "./testing/dependencies.ts";

async function ask(log: InstanceLog, query = "") {
  const asked: LogRequest[] = [];
  const logs = async (_: string, request: LogRequest): Promise<InstanceLog> => {
    asked.push(request);
    return log;
  };
  const app = await buildApp(
    { ...idleDependencies, instances: { ...idleDependencies.instances, logs } },
    {
      ...{ logger: pino({ level: "silent" }), https: null, pageDirectory: null },
      access: { trusted: true, authenticate: async () => null },
    },
  );
  try {
    const origin = await app.listen({ host: "127.0.0.1", port: 0 });
    const response = await fetch(`${origin}/api/instances/user1-n8n/logs${query}`);
    const events = (await response.text()).split("\n\n").filter((text) => text.includes("data: "));
    const told = events.map((event) => event.replace("event: ", "").split("\ndata: "));
    return { status: response.status, asked, told: told.map(([name, data]) => [name, JSON.parse(data ?? "")]) };
  } finally {
    await app.close();
  }
}

async function* chunksOf(
  ...chunks: [container: string | undefined, text: string, channel?: "stderr"][]
): InstanceLog["chunks"] {
  for (const [container, text, channel = "stdout"] of chunks) yield { container, channel, data: Buffer.from(text) };
}

test("a line is put together out of what came of its container and channel, between what came of others", async () => {
  const chunks = chunksOf(["web", "one, "], ["worker", "two\n"], ["web", "bad\n", "stderr"], ["web", "three\nrest"]);
  const { told, asked } = await ask({ containers: ["web", "worker"], chunks });
  expect(told).toEqual([
    ["containers", { names: ["web", "worker"] }],
    ["line", { channel: "stdout", container: "worker", text: "two" }],
    ["line", { channel: "stderr", container: "web", text: "bad" }],
    ["line", { channel: "stdout", container: "web", text: "one, three" }],
    ["line", { channel: "stdout", container: "web", text: "rest" }],
    ["end", {}],
  ]);
  expect(asked).toEqual([{ follow: false, tail: 100, timestamps: false }]);
});

test("the lines of one container have its name, too", async () => {
  const { told, asked } = await ask({ containers: ["web"], chunks: chunksOf([undefined, "one\n"]) }, "?container=web");
  expect(told[1]).toEqual(["line", { channel: "stdout", container: "web", text: "one" }]);
  expect(asked).toMatchObject([{ container: "web" }]);
});

test("what is no container's name is refused", async () => {
  const { status, asked } = await ask({ containers: [], chunks: chunksOf() }, "?container=../etc");
  expect([status, asked]).toEqual([400, []]);
});
