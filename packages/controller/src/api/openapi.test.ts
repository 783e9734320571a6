import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Endpoint } from "@berth/shared/api/define";
import { parse, validate } from "@readme/openapi-parser";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as z from "zod";
import { buildApp } from "./app.ts";
import { noAccount, openApiPagePath, openApiPath } from "./openapi.ts";
import { idleDependencies } from "./testing/dependencies.ts";

const documentSchema = z.object({
  openapi: z.string(),
  info: z.object({ version: z.string() }),
  paths: z.record(z.string(), z.record(z.string(), z.looseObject({ summary: z.string().optional() }))),
});

let app: FastifyInstance;
let text: string;
let paths: z.output<typeof documentSchema>["paths"];

beforeAll(async () => {
  app = await buildApp(idleDependencies, {
    access: { trusted: false, authenticate: async () => null },
    logger: pino({ level: "silent" }),
    pageDirectory: null,
    https: null,
  });
  const answer = await app.inject({ url: openApiPath });
  expect(answer.statusCode).toBe(200);
  text = answer.body;
  ({ paths } = documentSchema.parse(answer.json()));
});
afterAll(() => app.close());

/** As packages/shared declares them. */
async function declared(): Promise<Endpoint[]> {
  const directory = fileURLToPath(new URL("../../../shared/src/api", import.meta.url));
  const files = (await readdir(directory)).filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));
  const modules = await Promise.all(
    files.map((file): Promise<Record<string, unknown>> => import(join(directory, file))),
  );
  return modules.flatMap((module) => Object.values(module)).filter(isEndpoint);
}

function isEndpoint(value: unknown): value is Endpoint {
  return typeof value === "object" && value !== null && "method" in value && "path" in value && "role" in value;
}

test("it is a valid description of OpenAPI 3.1", async () => {
  const document: unknown = JSON.parse(text);
  expect(document).toMatchObject({ openapi: "3.1.0" });
  // The parser has its own types for documents; what it is to find out is whether this is one.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const input = document as Parameters<typeof parse>[0];
  expect(await validate(input)).toMatchObject({ valid: true });
});

test("every endpoint that is declared is described, with its role, what it answers and what goes wrong", async () => {
  const endpoints = await declared();
  expect(endpoints.length).toBeGreaterThan(50);
  for (const { method, path, summary, role } of endpoints) {
    const operation = paths[path.replaceAll(/:(\w+)/g, "{$1}")]?.[method.toLowerCase()];
    expect(operation, `${method} ${path}`).toMatchObject({
      summary,
      description: role === "public" ? noAccount : `Needs the role ${role}.`,
      responses: { 200: expect.anything(), default: expect.anything() },
    });
  }
});

test("requests are described as they are written, answers as they are read", () => {
  expect(paths["/api/runs"]?.["get"]).toMatchObject({ tags: ["runs"], security: [{ token: [] }, { session: [] }] });
  expect(paths["/api/samples"]?.["get"]).toMatchObject({
    parameters: expect.arrayContaining([expect.objectContaining({ in: "query", name: "seconds", required: false })]),
  });
  expect(JSON.stringify(paths["/api/status"])).toContain('"fleet"');
});

test("agents' ways and files are no part of it", () => {
  expect(Object.keys(paths).filter((path) => !path.startsWith("/api/"))).toEqual([]);
});

test("it can be read on a page that runs nothing from elsewhere", async () => {
  const page = await app.inject({ url: `${openApiPagePath}/` });
  expect(page.statusCode).toBe(200);
  expect(page.headers["content-type"]).toContain("text/html");
  expect(page.headers["content-security-policy"]).toMatch(/^default-src 'none'; script-src 'self';/);
  expect(page.body).not.toMatch(/(?:src|href)="https?:/);
});
