import { describe, expect, test } from "vitest";
import { routingTable } from "./table.ts";
import { configurationFor } from "./testing/configuration.ts";

const url = "http://10.0.6.11:5678";

describe("a request gets to the service of its host", () => {
  const table = routingTable(configurationFor("n8n.example.org", [url]));

  test.each([
    ["websecure", "n8n.example.org", "one"],
    ["websecure", "N8N.example.org:8443", "one"],
    ["websecure", "other.example.org", undefined],
    ["websecure", undefined, undefined],
    ["web", "n8n.example.org", undefined],
  ] as const)("at %s for %s", (entryPoint, host, service) => {
    expect(table.serviceFor(entryPoint, host)).toBe(service);
  });

  test("plain HTTP is for routers without TLS, at entry points that they name", () => {
    const both = { entryPoints: ["web", "websecure"], tls: undefined };
    const plain = routingTable(configurationFor("n8n.example.org", [url], { router: both }));
    expect(plain.serviceFor("web", "n8n.example.org")).toBe("one");
    expect(plain.serviceFor("websecure", "n8n.example.org")).toBeUndefined();
  });
});

test("hosts of a rule with alternatives", () => {
  const router = { rule: "Host(`b.example.org`) || Host(`A.example.org`)" };
  const table = routingTable(configurationFor("unused.example.org", [url], { router }));
  expect(table.hosts).toEqual(["a.example.org", "b.example.org"]);
  expect(table.serviceFor("websecure", "a.example.org")).toBe("one");
});

test("an empty configuration routes nothing", () => {
  expect(routingTable({})).toMatchObject({ hosts: [], minVersion: "TLSv1.2" });
});

test("TLS options count when a router names them", () => {
  const configuration = configurationFor("n8n.example.org", [url], { router: { tls: { options: "berth" } } });
  const tls = { options: { berth: { minVersion: "VersionTLS13" as const } } };
  expect(routingTable({ ...configuration, tls }).minVersion).toBe("TLSv1.3");
  expect(() => routingTable(configuration)).toThrow("router 'one' has the TLS options 'berth', which are not there");
});

test.each([
  [{ service: "other" }, "router 'one' leads to no service"],
  [{ rule: "PathPrefix(`/`)" }, "router 'one' has the rule PathPrefix(`/`); only Host(`…`) is known"],
])("%j is refused", (router, reason) => {
  expect(() => routingTable(configurationFor("n8n.example.org", [url], { router }))).toThrow(
    `The configuration is refused: ${reason}`,
  );
});
