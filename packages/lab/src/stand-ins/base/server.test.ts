import { once } from "node:events";
import type { Server } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { Environment, hexKey } from "./environment.ts";
import { Refusal, basicCredentials, createRoutedServer } from "./server.ts";

let server: Server | undefined;
afterEach(() => {
  server?.close();
  server?.closeAllConnections();
});

async function serve(): Promise<string> {
  server = createRoutedServer({
    "GET /": () => ({ body: "root" }),
    "GET /*": ({ rest }) => ({ body: `some ${rest}` }),
    "GET /a": () => ({ body: { exactly: true } }),
    "POST /echo": async ({ json }) => ({ body: await json() }),
    "GET /lines": () => ({
      lines: (async function* () {
        yield { line: 1 };
        yield { line: 2 };
      })(),
    }),
    "GET /refused": () => {
      throw new Refusal(403, "not you");
    },
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${z.object({ port: z.int() }).parse(server.address()).port}`;
}

describe("createRoutedServer", () => {
  it("takes what is said exactly before what is said of many", async () => {
    const url = await serve();
    expect(await (await fetch(`${url}/`)).text()).toBe("root");
    expect(await (await fetch(`${url}/a`)).json()).toEqual({ exactly: true });
    expect(await (await fetch(`${url}/b/c`)).text()).toBe("some b/c");
    expect((await fetch(`${url}/a`, { method: "DELETE" })).status).toBe(404);
  });

  it("answers refusals with their status, and a body that is no object with 400", async () => {
    const url = await serve();
    expect((await fetch(`${url}/refused`)).status).toBe(403);
    for (const body of ["{", "[1]", "1"])
      expect((await fetch(`${url}/echo`, { method: "POST", body })).status).toBe(400);
  });

  it("reads no more of a body than it takes, however its length is told", async () => {
    const url = `${await serve()}/echo`;
    const long = "x".repeat(5_000_000);
    const chunks = new Blob([long]).stream();
    for (const body of [long, chunks]) {
      const asked = { method: "POST", body, duplex: "half" } as const;
      expect((await fetch(url, asked)).status).toBe(413);
    }
  });

  it("sends lines one by one", async () => {
    expect(await (await fetch(`${await serve()}/lines`)).text()).toBe('{"line":1}\n{"line":2}\n');
  });
});

describe("basicCredentials", () => {
  it("keeps colons of the password", () => {
    const authorization = `Basic ${Buffer.from("user:a:b").toString("base64")}`;
    expect(basicCredentials({ authorization })).toEqual({ name: "user", password: "a:b" });
    expect(basicCredentials({ authorization: "Bearer x" })).toBeUndefined();
  });
});

describe("Environment", () => {
  const environment = new Environment({
    EMPTY: "",
    KEY: "hunter2",
    PORT: "70000",
    FLAG: "maybe",
    URL: "mysql://u:hunter2@h/d",
  });

  it.each([
    ["EMPTY", () => environment.text("EMPTY")],
    ["KEY", () => environment.text("KEY", hexKey)],
    ["PORT", () => environment.port("PORT")],
    ["FLAG", () => environment.flag("FLAG", true)],
    ["URL", () => environment.url("URL", "postgresql")],
  ])("names %s and does not show it", (name, read) => {
    expect(read).toThrow(name);
    expect(read).not.toThrow("hunter2");
  });
});
