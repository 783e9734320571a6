/** A shared service on several nodes, from the fleet file to what the router gets. */
import { catalog } from "@berth/shared/catalog/index";
import { fleetSchema } from "@berth/shared/fleet/schema";
import { expect, test } from "vitest";
import { traefikConfiguration } from "../routes/configuration.ts";
import { resolveRoutes } from "../routes/resolve.ts";
import { desiredState } from "./desired.ts";

const fleet = fleetSchema.parse({
  fleet: "replicas",
  domain: "example.org",
  controller: { address: "10.0.6.1" },
  nodes: { shared: { address: "10.0.6.10" }, gpu2: { address: "10.0.6.20" } },
  services: { shared: { ollama: { node: "shared", replicas: ["gpu2"], models: ["llama3.2:3b"] } } },
});

test("each node gets an instance with the same models", () => {
  const options = {
    registryMirror: null,
    agentVersion: "0.1.0",
    controllerCa: "CA",
    secretVersion: () => 1,
    givenSecret: () => null,
  };
  const { instances, needs } = desiredState(fleet, { catalog, ...options });
  expect(instances.map(({ spec }) => [spec.instance, spec.node])).toEqual([
    ["shared-ollama", "shared"],
    ["shared-ollama-gpu2", "gpu2"],
  ]);
  expect(needs.map(({ kind, target, input }) => ({ kind, target, input }))).toEqual(
    ["shared-ollama", "shared-ollama-gpu2"].map((server) => ({
      kind: "models.ensure",
      target: server,
      input: { server, models: ["llama3.2:3b"] },
    })),
  );
});

test.each([
  ["healthy", ["http://10.0.6.10:11434", "http://10.0.6.20:11434"]],
  ["unhealthy", ["http://10.0.6.10:11434"]],
] as const)("one route leads to those that are healthy, the replica being %s", (state, urls) => {
  const routes = resolveRoutes(fleet, catalog, (instance) => (instance === "shared-ollama" ? "healthy" : state));
  expect(routes.map(({ host, state: published }) => [host, published])).toEqual([["ollama.example.org", "published"]]);
  const { http } = traefikConfiguration(fleet, routes);
  expect(http?.services["shared-ollama"]?.loadBalancer.servers).toEqual(urls.map((url) => ({ url })));
});

test("one that is upgraded is left to the other, which serves", () => {
  const stateOf = (instance: string) => (instance === "shared-ollama" ? "stopped" : "healthy");
  const routes = resolveRoutes(fleet, catalog, stateOf, new Set(["shared-ollama"]));
  const { http } = traefikConfiguration(fleet, routes);
  expect(http?.services["shared-ollama"]?.loadBalancer.servers).toEqual([{ url: "http://10.0.6.20:11434" }]);
});

test("the route stays when the first of them is gone, and says of each what it is when all are", () => {
  const routesWith = (first: "missing", second: "healthy" | "starting") =>
    resolveRoutes(fleet, catalog, (instance) => (instance === "shared-ollama" ? first : second));
  expect(traefikConfiguration(fleet, routesWith("missing", "healthy")).http?.services).toMatchObject({
    "shared-ollama": { loadBalancer: { servers: [{ url: "http://10.0.6.20:11434" }] } },
  });
  expect(routesWith("missing", "starting")[0]).toMatchObject({
    state: "withdrawn",
    reason: "shared-ollama is not there, shared-ollama-gpu2 is starting",
  });
});
