import { expect, test } from "vitest";
import { catalog } from "./index.ts";

function environmentOf(name: string): Record<string, string> | undefined {
  return catalog.get(name)?.env;
}

test("what a browser opens at http://<node>:<port> lets it log in there: no cookie is Secure", () => {
  expect(environmentOf("n8n")).toMatchObject({ N8N_SECURE_COOKIE: "false" });
  expect(environmentOf("flowise")).toMatchObject({ SECURE_COOKIES: "false" });
  expect(environmentOf("openwebui")).not.toHaveProperty("WEBUI_SESSION_COOKIE_SECURE");
});

test("Open WebUI takes a WebSocket from a page at the node's address and the service's host port", () => {
  const port = catalog.get("openwebui")?.ports[0]?.host;
  expect(environmentOf("openwebui")?.["CORS_ALLOW_ORIGIN"]?.split(";")).toContain(`http://\${node.address}:${port}`);
});

test.each([...catalog.values()])("$name is asked for its health, and reached, at ports it has", (service) => {
  const { http } = service.health;
  if (http !== undefined) expect(service.ports.map(({ container }) => container)).toContain(http.port);
  if (service.route !== undefined) expect(service.ports.map(({ name }) => name)).toContain(service.route.port);
});
