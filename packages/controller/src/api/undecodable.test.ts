import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { expect, test } from "vitest";
import { buildApp } from "./app.ts";
import { idleDependencies } from "./testing/dependencies.ts";

test("an address that cannot be decoded is answered like any other that names nothing", async () => {
  const directory = await mkdtemp(join(tmpdir(), "berth-page-"));
  await writeFile(join(directory, "index.html"), "<title>Berth</title>");
  const access = { trusted: true, authenticate: () => Promise.resolve(null) };
  const options = { access, logger: pino({ level: "silent" }), https: null, pageDirectory: directory };
  const app = await buildApp(idleDependencies, options);
  for (const url of ["/tenants/%zz", "/nodes/%ff?range=7d", "/%"]) {
    expect((await app.inject({ url, headers: { accept: "text/html" } })).body).toBe("<title>Berth</title>");
  }
  const { statusCode, body } = await app.inject("/api/%zz?a=1");
  expect([statusCode, JSON.parse(body).error]).toEqual([
    404,
    { code: "not-found", message: "Nothing is at GET /api/%zz" },
  ]);
  await app.close();
  await rm(directory, { recursive: true });
});
