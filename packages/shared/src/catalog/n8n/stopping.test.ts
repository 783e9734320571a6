/** With a program named n8n that is a server, and a client that goes on asking on one connection. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as elapse } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stoppingScript } from "./stopping.ts";

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "berth-n8n-stopping-"));
  writeFileSync(join(directory, "stopping.cjs"), stoppingScript);
  // It is answering when it is told to stop, as n8n is whenever somebody uses it.
  const server = `
    const server = require("node:http").createServer((_request, response) => setTimeout(() => response.end("ok"), 30));
    server.listen(0, "127.0.0.1", () => console.log(server.address().port));
    process.on("SIGTERM", () => server.close(() => process.exit(0)));`;
  for (const name of ["n8n", "other"]) writeFileSync(join(directory, name), server);
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

/** Whether it had stopped within a second and a half of being told to, while a client went on asking. */
async function stopsWhileAsked(program: string): Promise<boolean> {
  const server = spawn(process.execPath, ["--require", join(directory, "stopping.cjs"), join(directory, program)]);
  const ended = once(server, "exit");
  const [port] = (await once(server.stdout, "data")) as [Buffer];
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let isAsking = true;
  const ask = async (): Promise<void> => {
    while (isAsking) {
      const request = get({ agent, host: "127.0.0.1", port: Number(port) });
      try {
        const [response] = await once(request, "response");
        await response.toArray();
      } catch {
        isAsking = false;
      }
    }
  };
  const asking = ask();
  await elapse(100);
  server.kill("SIGTERM");
  const stopped = await Promise.race([ended.then(() => true), elapse(1500, false)]);
  isAsking = false;
  server.kill("SIGKILL");
  await Promise.all([asking, ended]);
  agent.destroy();
  return stopped;
}

test("n8n stops though a client goes on asking it, as other programs of the container do not", async () => {
  expect(await stopsWhileAsked("n8n")).toBe(true);
  expect(await stopsWhileAsked("other")).toBe(false);
});
