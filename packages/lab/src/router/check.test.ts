import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createCheck } from "./check.ts";
import { publishedSchemaFile } from "./published-schema.ts";
import { configurationFor } from "./testing/configuration.ts";

const configuration = configurationFor("n8n.example.org", ["http://10.0.6.11:5678"], {
  healthCheck: { path: "/healthz", interval: "10s", timeout: "5s" },
});

test("takes what Berth makes", async () => {
  const check = await createCheck(publishedSchemaFile());
  expect(check(configuration)).toEqual(configuration);
  expect(check({})).toEqual({});
});

test.each([
  ["a router without a rule", { http: { routers: { one: { service: "one" } }, services: {} } }, /rule/],
  ["a section that Traefik does not know", { https: {} }, /https/],
  [
    "a service without servers",
    { http: { routers: {}, services: { one: { loadBalancer: { servers: [] } } } } },
    /servers/,
  ],
  [
    "a server that is no URL",
    { http: { routers: {}, services: { one: { loadBalancer: { servers: [{ url: "10.0.6.11" }] } } } } },
    /url/,
  ],
  ["no object", [], /object/],
])("refuses %s, by what Berth uses alone", async (_, document, reason) => {
  const check = await createCheck(null);
  expect(() => check(document)).toThrow(reason);
});

test.each([
  ["a router without a service", { http: { routers: { one: { rule: "Host(`a`)" } } } }, "service"],
  ["a service without servers", { http: { services: { one: { loadBalancer: { servers: [] } } } } }, "fewer than 1"],
  [
    "entry points that are no list",
    { http: { routers: { one: { rule: "Host(`a`)", service: "a", entryPoints: "web" } } } },
    "entryPoints must be array",
  ],
])("refuses %s, by Traefik's schema", async (_, document, reason) => {
  const check = await createCheck(publishedSchemaFile());
  expect(() => check(document)).toThrow(reason);
});

test("refuses what a published schema refuses, saying where", async () => {
  const directory = await mkdtemp(join(tmpdir(), "berth-schema-"));
  const file = join(directory, "schema.json");
  const schema = { type: "object", properties: { http: { type: "object", required: ["middlewares"] } } };
  await writeFile(file, JSON.stringify(schema));
  const check = await createCheck(file);
  await rm(directory, { recursive: true });
  expect(() => check(configuration)).toThrow(
    "The configuration is refused: configuration/http must have required property 'middlewares'",
  );
  expect(check({})).toEqual({});
});
