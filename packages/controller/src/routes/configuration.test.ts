import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { traefikConfigurationSchema } from "@berth/shared/routes/traefik";
import { Ajv } from "ajv";
import AjvDraft04 from "ajv-draft-04";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { traefikConfiguration } from "./configuration.ts";
import { fleetWith, routesOf } from "./testing/fleet.ts";

const router = { address: "10.0.4.10" };

test("routers and services of what is published, and of nothing else", () => {
  const fleet = fleetWith({ router, certResolver: "letsencrypt", entryPoints: ["web", "websecure"] });
  const configuration = traefikConfiguration(fleet, routesOf(fleet, { "user2-n8n": "unhealthy" }));
  expect(configuration).toEqual({
    http: {
      routers: {
        "user1-n8n": {
          entryPoints: ["web", "websecure"],
          rule: "Host(`user1-n8n.example.org`)",
          service: "user1-n8n",
          tls: { certResolver: "letsencrypt" },
        },
      },
      services: {
        "user1-n8n": {
          loadBalancer: {
            servers: [{ url: "http://10.0.6.11:5678" }],
          },
        },
      },
    },
  });
});

test("without a route it is empty, since Traefik refuses empty sections", () => {
  const fleet = fleetWith({ router, tlsOptions: { minVersion: "VersionTLS13" } });
  expect(traefikConfiguration(fleet, [])).toEqual({});
  expect(traefikConfiguration(fleet, routesOf(fleet, { "user1-n8n": "missing", "user2-n8n": "starting" }))).toEqual({});
});

test("the order of the routes changes nothing", () => {
  const fleet = fleetWith({ router });
  const routes = routesOf(fleet);
  expect(JSON.stringify(traefikConfiguration(fleet, routes.toReversed()))).toBe(
    JSON.stringify(traefikConfiguration(fleet, routes)),
  );
});

test("several instances of one service share a route; one that is unhealthy is not among them", () => {
  const fleet = fleetWith({ router });
  const [first, second] = routesOf(fleet);
  if (first === undefined || second === undefined) throw new Error("the fleet has two routes");
  const [server] = second.servers;
  if (server === undefined) throw new Error("a route has a server");
  const unhealthy = { ...server, port: 5679, state: "unhealthy" as const };
  const shared = { ...first, servers: [...first.servers, server, unhealthy] };
  expect(traefikConfiguration(fleet, [shared]).http?.services["user1-n8n"]?.loadBalancer).toEqual({
    servers: [{ url: "http://10.0.6.11:5678" }, { url: "http://10.0.6.12:5678" }],
    healthCheck: { path: expect.stringMatching(/^\//), interval: "10000ms", timeout: "5000ms" },
  });
});

describe("TLS", () => {
  test.each([
    ["none", { router: { ...router, tls: false }, tlsOptions: "modern@file" }, undefined, undefined],
    ["Traefik's default", { router }, {}, undefined],
    ["options that Traefik has", { router, tlsOptions: "modern@file" }, { options: "modern@file" }, undefined],
    [
      "options of Berth's own",
      { router, tlsOptions: { minVersion: "VersionTLS13" } },
      { options: "berth" },
      { options: { berth: { minVersion: "VersionTLS13" } } },
    ],
  ] as const)("%s", (_, routes, tls, section) => {
    const fleet = fleetWith({ ...routes });
    const configuration = traefikConfiguration(fleet, routesOf(fleet));
    expect(configuration.http?.routers["user1-n8n"]?.tls).toEqual(tls);
    expect(configuration.tls).toEqual(section);
  });
});

const samples = () => {
  const settings = [
    { router },
    { router: { ...router, tls: false }, entryPoints: ["web"] },
    { router, certResolver: "letsencrypt", tlsOptions: { minVersion: "VersionTLS12" as const } },
    { tlsOptions: "modern@file" },
  ];
  return settings.flatMap((routes) => {
    const fleet = fleetWith(routes);
    return [traefikConfiguration(fleet, routesOf(fleet)), traefikConfiguration(fleet, [])];
  });
};

test("what is made is what the contract says", () => {
  for (const configuration of samples()) {
    expect(traefikConfigurationSchema.parse(configuration)).toEqual(configuration);
  }
});

/**
 * Traefik's schema for dynamic configuration, as SchemaStore publishes it. From a registry of packages there is that of
 * Traefik 2, which says the same of all that Berth uses; BERTH_TRAEFIK_SCHEMA names a copy of another, such as
 * https://www.schemastore.org/traefik-v3-file-provider.json.
 */
const packaged = "schemastore/schemas/json/traefik-v2-file-provider.json";
const schemaFile = process.env["BERTH_TRAEFIK_SCHEMA"] ?? fileURLToPath(import.meta.resolve(packaged));

test("what is made is what Traefik's published schema takes", async () => {
  const published = z.record(z.string(), z.unknown()).parse(JSON.parse(await readFile(schemaFile, "utf8")));
  const isDraft04 = String(published["$schema"]).includes("draft-04");
  const options = { allErrors: true, strict: false };
  const validate = (isDraft04 ? new AjvDraft04.default(options) : new Ajv(options)).compile(published);
  for (const configuration of samples()) {
    validate(configuration);
    expect(validate.errors ?? []).toEqual([]);
  }
  // It does refuse something.
  expect(validate({ http: { routers: { one: { rule: "Host(`a`)" } } } })).toBe(false);
  expect(validate({ http: { services: { one: { loadBalancer: { servers: [] } } } } })).toBe(false);
});
