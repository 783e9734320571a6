import { describe, expect, test } from "vitest";
import { checkPlaceholders } from "../fleet/check-placeholders.ts";
import { checkService } from "../fleet/check-service.ts";
import { formatSize, parseSize } from "../fleet/units.ts";
import { serverOf } from "../fleet/needs.ts";
import { catalog } from "./index.ts";
import type { Service } from "./schema.ts";

const services = [...catalog.values()];

function environmentOf(name: string): Record<string, string> | undefined {
  return catalog.get(name)?.env;
}

/** What a service's env is once the fleet has all that it uses. */
function connectedEnvironment(name: string): Record<string, string> {
  const service = catalog.get(name);
  return Object.assign({}, service?.env, ...(service?.uses ?? []).map(({ env }) => env));
}

function memoryOf({ memory, parts }: Service): number {
  return parts.reduce((sum, part) => sum + part.memory, memory);
}

function hostPortsOf(scope: Service["scope"]): number[] {
  return services
    .filter((service) => service.scope === scope)
    .flatMap(({ ports, parts }) => [ports, ...parts.map((part) => part.ports)].flat().map(({ host }) => host));
}

test("what a browser opens at http://<node>:<port> lets it log in there: no cookie is Secure", () => {
  expect(environmentOf("n8n")).toMatchObject({ N8N_SECURE_COOKIE: "false" });
  expect(environmentOf("flowise")).toMatchObject({ SECURE_COOKIES: "false" });
  expect(environmentOf("openwebui")).not.toHaveProperty("WEBUI_SESSION_COOKIE_SECURE");
  const port = catalog.get("langfuse")?.ports[0]?.host;
  expect(environmentOf("langfuse")?.["NEXTAUTH_URL"]).toBe(`http://\${node.address}:${port}`);
});

test("Open WebUI takes a WebSocket from a page at the node's address and the service's host port", () => {
  const port = catalog.get("openwebui")?.ports[0]?.host;
  expect(environmentOf("openwebui")?.["CORS_ALLOW_ORIGIN"]?.split(";")).toContain(`http://\${node.address}:${port}`);
});

test("nobody is let in who comes first: what takes an administrator from its environment has one", () => {
  expect(environmentOf("openwebui")).toMatchObject({
    ENABLE_SIGNUP: "False",
    WEBUI_ADMIN_PASSWORD: expect.any(String),
  });
  expect(environmentOf("langfuse")).toMatchObject({ AUTH_DISABLE_SIGNUP: "true" });
  expect(environmentOf("n8n")).toMatchObject({
    N8N_INSTANCE_OWNER_MANAGED_BY_ENV: "true",
    OWNER_PASSWORD: "${secret.ownerPassword}",
    NODE_OPTIONS: `--require=${catalog.get("n8n")?.files[0]?.path}`,
  });
});

test("Open WebUI asks nobody for models unless the fleet or its tenant has some", () => {
  expect(environmentOf("openwebui")).toMatchObject({ ENABLE_OLLAMA_API: "False", ENABLE_OPENAI_API: "False" });
  expect(JSON.stringify(environmentOf("openwebui"))).not.toContain("openrouter");
  expect(connectedEnvironment("openwebui")).toMatchObject({
    ENABLE_OLLAMA_API: "True",
    ENABLE_OPENAI_API: "True",
    OPENAI_API_KEYS: "${key}",
  });
});

test("no website may drive Ollama", () => {
  expect(environmentOf("ollama")?.["OLLAMA_ORIGINS"]).not.toContain("*");
});

describe.each(services)("$name", (service) => {
  test("holds together", () => {
    expect(checkService(service)).toEqual([]);
    expect(checkPlaceholders(service, catalog)).toEqual([]);
  });

  test("needs and uses shared services only", () => {
    const others = [
      ...[...service.needs, ...service.uses.flatMap(({ needs }) => needs)].map(serverOf),
      ...service.uses.flatMap((use) => (use.service === undefined ? [] : [use.service])),
    ];
    for (const other of others) expect(catalog.get(other)?.scope).toBe("shared");
  });

  test("is asked for its health, and reached, at ports it has", () => {
    const { http } = service.health;
    if (http !== undefined) expect(service.ports.map(({ container }) => container)).toContain(http.port);
    if (service.route !== undefined) expect(service.ports.map(({ name }) => name)).toContain(service.route.port);
  });

  test("says how its data are kept safe", () => {
    const volumes = [service, ...service.parts].flatMap((container) => container.volumes);
    const { method, note } = service.backup;
    if (volumes.length > 0 && method === "none") expect(note).toBeDefined();
  });
});

test("all shared services fit on one node, and all of a tenant's on another", () => {
  for (const scope of ["shared", "tenant"] as const) {
    const ports = hostPortsOf(scope);
    expect(ports.filter((port, index) => ports.indexOf(port) !== index)).toEqual([]);
  }
});

test("the host ports of the design document are kept", () => {
  expect(hostPortsOf("shared")).toEqual(
    expect.arrayContaining([11_434, 6333, 5432, 3002, 8081, 9000, 9011, 7474, 7687, 8000]),
  );
  expect(hostPortsOf("tenant").toSorted((left, right) => left - right)).toEqual([3000, 3001, 5678]);
});

test("the document's nodes have the memory: 16 GiB for what is shared, 4 GiB for a tenant", () => {
  const document = ["ollama", "qdrant", "postgres", "langfuse", "searxng", "minio", "neo4j", "supabase"];
  const shared = [...document, "redis", "clickhouse"].flatMap((name) => catalog.get(name) ?? []);
  expect(shared.map(({ name }) => name)).toContain("qdrant");
  const sums = [shared, services.filter(({ scope }) => scope === "tenant")].map((group) =>
    group.reduce((sum, service) => sum + memoryOf(service), 0),
  );
  const [sharedSum = Infinity, tenantSum = Infinity] = sums;
  // Something is left for the system and for Docker.
  expect(sharedSum, formatSize(sharedSum)).toBeLessThanOrEqual(parseSize("16128MiB"));
  expect(tenantSum, formatSize(tenantSum)).toBeLessThanOrEqual(parseSize("3840MiB"));
});

test("the document's figures for memory are kept", () => {
  const figures = { ollama: "4GiB", qdrant: "2GiB", postgres: "2GiB", langfuse: "1GiB", searxng: "512MiB" };
  for (const [name, figure] of Object.entries({ ...figures, minio: "1GiB", neo4j: "2GiB" })) {
    const service = catalog.get(name);
    expect([name, service === undefined ? undefined : memoryOf(service)]).toEqual([name, parseSize(figure)]);
  }
});

describe("Supabase", () => {
  const supabase = catalog.get("supabase");

  test("takes two to three GiB", () => {
    const sum = supabase === undefined ? 0 : memoryOf(supabase);
    expect(sum).toBeGreaterThanOrEqual(parseSize("2GiB"));
    expect(sum).toBeLessThanOrEqual(parseSize("3GiB"));
  });

  test("has a gateway that leads to ports its parts are asked at, and to none that there is not", () => {
    const text = supabase?.files[0]?.content ?? "{}";
    const clusters: unknown = JSON.parse(text);
    expect(clusters).toMatchObject({ static_resources: { clusters: expect.any(Array) } });
    const addresses = [...text.matchAll(/"address": "\$\{part\.([a-z]+)\}",\s*"port_value": (\d+)/g)].map(
      ([, name, port]) => `${name}:${port}`,
    );
    const parts = (supabase?.parts ?? []).map(({ name, health }) => `${name}:${health.http?.port}`);
    // PostgREST tells its health at a port of its own.
    expect(parts).toEqual(expect.arrayContaining(addresses.filter((address) => address !== "rest:3000")));
    expect(addresses).toHaveLength(6);
  });
});
