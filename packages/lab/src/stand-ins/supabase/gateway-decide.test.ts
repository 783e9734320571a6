import supabase from "@berth/shared/catalog/supabase";
import { describe, expect, it } from "vitest";
import { parseGatewayConfig } from "./gateway-config.ts";
import { type Decision, decide } from "./gateway-decide.ts";

/** The catalog's own configuration, its placeholders filled. */
const text = (supabase.files[0]?.content ?? "")
  .replaceAll(/\$\{part\.([a-z]+)\}/g, "$1")
  .replaceAll(/\$\{secret\.([a-zA-Z]+)\}/g, "$1-value");
const config = parseGatewayConfig(text);

const anonymous = { apikey: "anonKey-value" };
const service = { apikey: "serviceRoleKey-value" };

function ask(url: string, headers: Record<string, string> = {}, method = "GET"): Decision {
  return decide(config, { method, url, headers });
}

const statusOf = (decision: Decision): number | "forwarded" =>
  decision.kind === "answer" ? decision.status : "forwarded";

describe("the gateway, by the catalog's configuration for Envoy", () => {
  it.each([
    ["/rest/v1/todos?select=id", "http://rest:3000", "/todos?select=id"],
    ["/auth/v1/signup", "http://auth:9999", "/signup"],
    ["/graphql/v1", "http://rest:3000", "/rpc/graphql"],
    ["/realtime/v1/websocket", "http://realtime:4000", "/socket/websocket"],
    ["/realtime/v1/api/ping", "http://realtime:4000", "/api/ping"],
    ["/storage/v1/bucket", "http://storage:5000", "/bucket"],
  ])("brings %s to %s%s", (url, target, path) => {
    expect(ask(url, anonymous)).toMatchObject({ kind: "forward", target, url: path });
  });

  it.each(["/rest/v1/", "/auth/v1/user", "/graphql/v1", "/realtime/v1/websocket", "/pg/tables"])(
    "asks for a key at %s",
    (url) => {
      expect(statusOf(ask(url))).toBe(401);
      expect(statusOf(ask(url, { apikey: "another" }))).toBe(401);
      expect(statusOf(ask(url, { authorization: "Bearer serviceRoleKey-value" }))).toBe(401);
    },
  );

  it("takes a key from the query, for a browser's WebSocket", () => {
    expect(statusOf(ask("/realtime/v1/websocket?apikey=anonKey-value"))).toBe("forwarded");
  });

  it("lets the service's key alone to the database's own API", () => {
    expect(statusOf(ask("/pg/tables", anonymous))).toBe(403);
    expect(ask("/pg/tables", service)).toMatchObject({ target: "http://meta:8080", url: "/tables" });
  });

  it("hands a key on as a token, unless there is one", () => {
    expect(ask("/rest/v1/x", anonymous)).toMatchObject({ headers: { authorization: "Bearer anonKey-value" } });
    const user = { ...anonymous, authorization: "Bearer user" };
    expect(ask("/rest/v1/x", user)).toMatchObject({ headers: { authorization: "Bearer user" } });
  });

  it("tells realtime its tenant", () => {
    expect(ask("/realtime/v1/api/ping", anonymous)).toMatchObject({
      headers: { host: "realtime-dev.supabase-realtime" },
    });
  });

  it.each(["/", "/project/default", "/api/platform/profile"])("shows Studio at %s to its administrator only", (url) => {
    expect(ask(url)).toMatchObject({ status: 401, headers: { "www-authenticate": expect.any(String) } });
    expect(statusOf(ask(url, service))).toBe(401);
    const login = Buffer.from("supabase:dashboardPassword-value").toString("base64");
    const decision = ask(url, { authorization: `Basic ${login}` });
    expect(decision).toMatchObject({ target: "http://studio:3000" });
    expect(decision).not.toHaveProperty("headers.authorization");
  });

  it.each(["/mcp", "/api/mcp", "/functions/v1/hello"])("keeps %s closed", (url) => {
    expect(statusOf(ask(url, service))).toBeGreaterThanOrEqual(403);
  });

  it.each(["/auth/v1/verify?token=x", "/auth/v1/callback", "/auth/v1/authorize", "/healthz"])(
    "opens %s to everybody",
    (url) => {
      expect([200, "forwarded"]).toContain(statusOf(ask(url)));
    },
  );

  it("is not passed by with another spelling of a path", () => {
    expect(statusOf(ask("/pg%2ftables", service))).toBe(400);
  });

  it("answers a browser that asks before it asks", () => {
    const headers = { origin: "https://app.example.org", "access-control-request-method": "GET" };
    expect(ask("/rest/v1/todos", headers, "OPTIONS")).toMatchObject({
      status: 200,
      headers: { "access-control-allow-headers": expect.stringContaining("authorization") },
    });
    expect(statusOf(ask("/", headers, "OPTIONS"))).toBe(401);
  });

  it("refuses a configuration with a word that it does not know", () => {
    expect(() => parseGatewayConfig(text.replace('"stat_prefix"', '"state_prefix"'))).toThrow(
      /state_prefix|stat_prefix/,
    );
  });
});
