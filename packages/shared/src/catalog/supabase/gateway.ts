/**
 * Configuration of Supabase's API gateway, for Envoy: the paths of upstream's gateway, behind the same keys. Upstream
 * compares keys in Lua; Envoy's own API key filter does it here. Opaque keys (sb_publishable_…) are not offered.
 */

/** Who may pass: everybody, whoever has a key, the service's own key alone, or the administrator of the dashboard. */
type Access = "public" | "key" | "service" | "dashboard";

interface Forward {
  path: string;
  to: Cluster;
  /** What the path becomes; left out: it stays. */
  as?: string;
  access: Access;
  timeout?: string;
  /** Host that the other side is told. */
  host?: string;
  headers?: Readonly<Record<string, string>>;
}

const clusters = {
  auth: 9999,
  rest: 3000,
  realtime: 4000,
  storage: 5000,
  meta: 8080,
  studio: 3000,
} as const;
type Cluster = keyof typeof clusters;

/** Realtime takes the name of its tenant from the host's first label. */
const realtimeHost = "realtime-dev.supabase-realtime";

/** The first that fits decides. */
const forwards: readonly Forward[] = [
  // Opened from mails and by identity providers, which know no key.
  { path: "/auth/v1/verify", to: "auth", as: "/verify", access: "public" },
  { path: "/auth/v1/callback", to: "auth", as: "/callback", access: "public" },
  { path: "/auth/v1/authorize", to: "auth", as: "/authorize", access: "public" },
  { path: "/auth/v1/.well-known/jwks.json", to: "auth", as: "/.well-known/jwks.json", access: "public" },
  { path: "/auth/v1/", to: "auth", as: "/", access: "key" },
  { path: "/rest/v1/", to: "rest", as: "/", access: "key" },
  {
    path: "/graphql/v1",
    to: "rest",
    as: "/rpc/graphql",
    access: "key",
    headers: { "Content-Profile": "graphql_public" },
  },
  { path: "/realtime/v1/api", to: "realtime", as: "/api", access: "key", host: realtimeHost },
  // Open as long as the browser keeps it.
  { path: "/realtime/v1/", to: "realtime", as: "/socket/", access: "key", host: realtimeHost, timeout: "0s" },
  // Storage checks tokens itself: some of its objects are public.
  { path: "/storage/v1/", to: "storage", as: "/", access: "public", timeout: "300s" },
  { path: "/pg/", to: "meta", as: "/", access: "service" },
  { path: "/", to: "studio", access: "dashboard" },
];

const filterType = "type.googleapis.com/envoy.extensions.filters.http";
const disabled = { "@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig", disabled: true };
const anybodyMayAsk = {
  "@type": `${filterType}.cors.v3.CorsPolicy`,
  allow_origin_string_match: [{ safe_regex: { regex: ".*" } }],
  allow_methods: "GET,POST,PUT,PATCH,DELETE,OPTIONS,HEAD",
  // A wildcard does not stand for this one.
  allow_headers: "authorization,*",
  expose_headers: "*",
  max_age: "3600",
};

/** Every filter lets nobody through unless a route says otherwise: a route that forgets to say is closed. */
const filtersOf: Readonly<Record<Access, object>> = {
  public: { cors: anybodyMayAsk, api_key_auth: disabled, lua: disabled },
  key: { cors: anybodyMayAsk, lua: disabled },
  service: {
    api_key_auth: { "@type": `${filterType}.api_key_auth.v3.ApiKeyAuthPerRoute`, allowed_clients: ["service_role"] },
    lua: disabled,
  },
  dashboard: { api_key_auth: disabled },
};

function perFilter(access: Access): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(filtersOf[access]).map(([name, config]) => [`envoy.filters.http.${name}`, config]),
  );
}

function routeOf({ path, to, as, access, host, headers = {}, timeout = "30s" }: Forward) {
  const added = {
    "X-Forwarded-Prefix": path,
    // Clients may send their key alone; the services look for a token.
    ...(access === "key" || access === "service" ? { Authorization: "Bearer %REQ(apikey)%" } : {}),
    ...headers,
  };
  return {
    match: { prefix: path },
    route: {
      cluster: to,
      timeout,
      ...(as === undefined ? {} : { prefix_rewrite: as }),
      ...(host === undefined ? {} : { host_rewrite_literal: host }),
    },
    request_headers_to_add: Object.entries(added).map(([key, value]) => ({
      header: { key, value },
      append_action: "ADD_IF_ABSENT",
    })),
    // Studio has no use for the administrator's password.
    ...(access === "dashboard" ? { request_headers_to_remove: ["authorization"] } : {}),
    typed_per_filter_config: perFilter(access),
  };
}

function answerOf(match: object, status: number, body: string) {
  return {
    match,
    direct_response: { status, body: { inline_string: body } },
    typed_per_filter_config: perFilter("public"),
  };
}

const routes = [
  answerOf({ path: "/healthz" }, 200, "ok"),
  // What Studio offers to agents would be open to everybody.
  answerOf({ prefix: "/mcp" }, 403, "closed"),
  answerOf({ prefix: "/api/mcp" }, 403, "closed"),
  answerOf({ prefix: "/functions/v1" }, 404, "Edge Functions are not installed"),
  ...forwards.map(routeOf),
];

const dashboardLogin = `function envoy_on_request(handle)
  local expected = "Basic " .. handle:base64Escape("supabase:\${secret.dashboardPassword}")
  if handle:headers():get("authorization") ~= expected then
    handle:respond({[":status"] = "401", ["www-authenticate"] = 'Basic realm="Supabase"'}, "Unauthorized")
  end
end
`;

const filters = [
  { name: "envoy.filters.http.cors", typed_config: { "@type": `${filterType}.cors.v3.Cors` } },
  {
    name: "envoy.filters.http.api_key_auth",
    typed_config: {
      "@type": `${filterType}.api_key_auth.v3.ApiKeyAuth`,
      credentials: [
        { key: "${secret.anonKey}", client: "anon" },
        { key: "${secret.serviceRoleKey}", client: "service_role" },
      ],
      key_sources: [{ header: "apikey" }, { query: "apikey" }],
    },
  },
  {
    name: "envoy.filters.http.lua",
    typed_config: {
      "@type": `${filterType}.lua.v3.Lua`,
      default_source_code: { inline_string: dashboardLogin },
    },
  },
  { name: "envoy.filters.http.router", typed_config: { "@type": `${filterType}.router.v3.Router` } },
];

const connectionManager = {
  "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
  stat_prefix: "gateway",
  normalize_path: true,
  merge_slashes: true,
  // Another spelling of a path must not pass by the route that guards it.
  path_with_escaped_slashes_action: "REJECT_REQUEST",
  use_remote_address: true,
  upgrade_configs: [{ upgrade_type: "websocket" }],
  route_config: { name: "gateway", virtual_hosts: [{ name: "gateway", domains: ["*"], routes }] },
  http_filters: filters,
};

function clusterOf(name: Cluster) {
  const address = { socket_address: { address: `\${part.${name}}`, port_value: clusters[name] } };
  return {
    name,
    type: "STRICT_DNS",
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] },
  };
}

/** Envoy's whole configuration; as JSON, which its YAML reader takes. */
export const gatewayConfiguration = JSON.stringify(
  {
    admin: { address: { socket_address: { address: "127.0.0.1", port_value: 9901 } } },
    static_resources: {
      listeners: [
        {
          name: "gateway",
          address: { socket_address: { address: "0.0.0.0", port_value: 8000 } },
          filter_chains: [
            {
              filters: [{ name: "envoy.filters.network.http_connection_manager", typed_config: connectionManager }],
            },
          ],
        },
      ],
      clusters: (["auth", "rest", "realtime", "storage", "meta", "studio"] as const).map(clusterOf),
    },
  },
  null,
  2,
);
