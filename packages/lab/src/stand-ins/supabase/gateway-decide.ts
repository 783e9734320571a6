/** What the gateway does with a request. Pure. */
import type { IncomingHttpHeaders } from "node:http";
import { sameText } from "../base/server.ts";
import type { GatewayConfig, GatewayRoute } from "./gateway-config.ts";

export interface GatewayRequest {
  method: string;
  /** With its query. */
  url: string;
  headers: IncomingHttpHeaders;
}

export type Decision =
  | { kind: "answer"; status: number; body: string; headers: Record<string, string> }
  | { kind: "forward"; target: string; url: string; headers: IncomingHttpHeaders };

const unauthorized = 401;
const forbidden = 403;

export function decide(config: GatewayConfig, request: GatewayRequest): Decision {
  const { pathname, search, searchParams } = new URL(request.url, "http://gateway");
  // Otherwise another spelling passes by the route that guards a path.
  if (/%2f|%5c/i.test(pathname)) return answer(400, "Bad Request");
  const route = config.routes.find(({ match }) =>
    "path" in match ? match.path === pathname : pathname.startsWith(match.prefix),
  );
  if (route === undefined) return answer(404, "");
  const refusal = refuse(config, route, request, searchParams);
  if (refusal !== undefined) return refusal;
  if (route.direct_response !== undefined) {
    return answer(route.direct_response.status, route.direct_response.body.inline_string);
  }
  const target = config.clusters.get(route.route?.cluster ?? "");
  if (target === undefined) return answer(503, "no healthy upstream");
  return { kind: "forward", target, url: rewritten(route, pathname) + search, headers: headersFor(route, request) };
}

/** In the order of the filters: preflights, keys, the administrator's login. */
function refuse(
  { keys, login }: GatewayConfig,
  { typed_per_filter_config: filters }: GatewayRoute,
  { method, headers }: GatewayRequest,
  query: URLSearchParams,
): Decision | undefined {
  const cors = filters["envoy.filters.http.cors"];
  if (cors !== undefined && method === "OPTIONS" && headers["access-control-request-method"] !== undefined) {
    const allowed = {
      "access-control-allow-origin": headers.origin ?? "*",
      "access-control-allow-headers": cors.allow_headers,
    };
    return { ...answer(200, ""), headers: { ...allowed, "access-control-allow-methods": cors.allow_methods } };
  }
  const auth = filters["envoy.filters.http.api_key_auth"];
  if (auth === undefined || !("disabled" in auth)) {
    const key = headers["apikey"] ?? query.get("apikey");
    const client = typeof key === "string" ? keys.get(key) : undefined;
    if (client === undefined) return answer(unauthorized, "Client authentication failed.");
    if (auth !== undefined && !auth.allowed_clients.includes(client)) return answer(forbidden, "Client is forbidden.");
  }
  if (filters["envoy.filters.http.lua"] === undefined) {
    const expected = `Basic ${Buffer.from(login).toString("base64")}`;
    if (!sameText(headers.authorization ?? "", expected)) {
      return { ...answer(unauthorized, "Unauthorized"), headers: { "www-authenticate": 'Basic realm="Supabase"' } };
    }
  }
  return undefined;
}

function rewritten({ match, route }: GatewayRoute, path: string): string {
  if (route?.prefix_rewrite === undefined || !("prefix" in match)) return path;
  return route.prefix_rewrite + path.slice(match.prefix.length);
}

function headersFor(
  { route, request_headers_to_add: added, request_headers_to_remove: removed }: GatewayRoute,
  request: GatewayRequest,
) {
  const headers = { ...request.headers };
  for (const name of removed) delete headers[name.toLowerCase()];
  for (const { header } of added) {
    const name = header.key.toLowerCase();
    const value = header.value.replace(/%REQ\(([\w-]+)\)%/g, (_, from: string) => String(request.headers[from] ?? ""));
    headers[name] ??= value;
  }
  if (route?.host_rewrite_literal !== undefined) headers.host = route.host_rewrite_literal;
  return headers;
}

function answer(status: number, body: string): Decision & { kind: "answer" } {
  return { kind: "answer", status, body, headers: {} };
}
