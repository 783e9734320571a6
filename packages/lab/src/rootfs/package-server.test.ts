import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { renderRelease } from "./package-index.ts";
import { buildPackageServer } from "./package-server.ts";

let directory: string;
let server: Server;
let base: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "berth-lab-mirror-"));
  await mkdir(join(directory, "packages"));
  await writeFile(join(directory, "secret"), "not for you");
  await writeFile(join(directory, "packages", "a_1%3a2.deb"), "content");
  server = buildPackageServer(join(directory, "packages")).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("No port");
  base = `http://127.0.0.1:${address.port}`;
});

afterAll(async () => {
  server.close();
  await rm(directory, { recursive: true });
});

describe("the package mirror", () => {
  it("serves a file by the name that apt asks for", async () => {
    expect(await (await fetch(`${base}/./a_1%253a2.deb`)).text()).toBe("content");
  });

  it("serves nothing else", async () => {
    expect((await fetch(`${base}/none.deb`)).status).toBe(404);
    expect((await fetch(`${base}/..%2fsecret`)).status).toBe(404);
    await expect(fetch(`${base}/%`)).rejects.toThrow();
    expect((await fetch(`${base}/a_1%253a2.deb`)).status).toBe(200);
  });
});

it("names the index with its size and checksum", () => {
  expect(renderRelease("Package: a\n")).toBe(
    "Origin: Berth lab\nSuite: lab\nSHA256:\n fa07db62b48a0f9848538c437cfa8aef500bd6570830a5c508d87eeb99d1a50d 11 Packages\n",
  );
});
