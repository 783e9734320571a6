/**
 * The part of Envoy's configuration that Berth writes, read strictly: what the stand-in does not know it refuses, so
 * that a new word in the catalog does not pass for something that was tried.
 */
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import * as z from "zod";

const typed = (type: string) => z.literal(`type.googleapis.com/envoy.${type}`);
const http = "extensions.filters.http";
const address = z.strictObject({ socket_address: z.strictObject({ address: z.string().min(1), port_value: z.int() }) });

const disabled = z.strictObject({ "@type": typed("config.route.v3.FilterConfig"), disabled: z.literal(true) });
const perFilter = z.strictObject({
  "envoy.filters.http.cors": z
    .strictObject({
      "@type": typed(`${http}.cors.v3.CorsPolicy`),
      allow_origin_string_match: z.array(z.strictObject({ safe_regex: z.strictObject({ regex: z.string() }) })),
      allow_methods: z.string(),
      allow_headers: z.string(),
      expose_headers: z.string(),
      max_age: z.string(),
    })
    .optional(),
  "envoy.filters.http.api_key_auth": z
    .union([
      disabled,
      z.strictObject({
        "@type": typed(`${http}.api_key_auth.v3.ApiKeyAuthPerRoute`),
        allowed_clients: z.array(z.string()).min(1),
      }),
    ])
    .optional(),
  "envoy.filters.http.lua": disabled.optional(),
});

const route = z.strictObject({
  match: z.union([z.strictObject({ prefix: z.string() }), z.strictObject({ path: z.string() })]),
  route: z
    .strictObject({
      cluster: z.string(),
      timeout: z.string().regex(/^\d+s$/),
      prefix_rewrite: z.string().optional(),
      host_rewrite_literal: z.string().optional(),
    })
    .optional(),
  direct_response: z.strictObject({ status: z.int(), body: z.strictObject({ inline_string: z.string() }) }).optional(),
  request_headers_to_add: z
    .array(
      z.strictObject({
        header: z.strictObject({ key: z.string(), value: z.string() }),
        append_action: z.literal("ADD_IF_ABSENT"),
      }),
    )
    .default([]),
  request_headers_to_remove: z.array(z.string()).default([]),
  typed_per_filter_config: perFilter,
});
export type GatewayRoute = z.output<typeof route>;

const filters = z.tuple([
  z.strictObject({
    name: z.literal("envoy.filters.http.cors"),
    typed_config: z.strictObject({ "@type": typed(`${http}.cors.v3.Cors`) }),
  }),
  z.strictObject({
    name: z.literal("envoy.filters.http.api_key_auth"),
    typed_config: z.strictObject({
      "@type": typed(`${http}.api_key_auth.v3.ApiKeyAuth`),
      credentials: z.array(z.strictObject({ key: z.string().min(1), client: z.string().min(1) })),
      key_sources: z.array(z.union([z.strictObject({ header: z.string() }), z.strictObject({ query: z.string() })])),
    }),
  }),
  z.strictObject({
    name: z.literal("envoy.filters.http.lua"),
    typed_config: z.strictObject({
      "@type": typed(`${http}.lua.v3.Lua`),
      default_source_code: z.strictObject({ inline_string: z.string() }),
    }),
  }),
  z.strictObject({
    name: z.literal("envoy.filters.http.router"),
    typed_config: z.strictObject({ "@type": typed(`${http}.router.v3.Router`) }),
  }),
]);

const connectionManager = z.strictObject({
  "@type": typed("extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"),
  stat_prefix: z.string(),
  normalize_path: z.boolean(),
  merge_slashes: z.boolean(),
  path_with_escaped_slashes_action: z.literal("REJECT_REQUEST"),
  use_remote_address: z.boolean(),
  upgrade_configs: z.tuple([z.strictObject({ upgrade_type: z.literal("websocket") })]),
  route_config: z.strictObject({
    name: z.string(),
    virtual_hosts: z.tuple([
      z.strictObject({ name: z.string(), domains: z.tuple([z.literal("*")]), routes: z.array(route) }),
    ]),
  }),
  http_filters: filters,
});

const configuration = z.strictObject({
  admin: z.strictObject({ address }),
  static_resources: z.strictObject({
    listeners: z.tuple([
      z.strictObject({
        name: z.string(),
        address,
        filter_chains: z.tuple([
          z.strictObject({
            filters: z.tuple([
              z.strictObject({
                name: z.literal("envoy.filters.network.http_connection_manager"),
                typed_config: connectionManager,
              }),
            ]),
          }),
        ]),
      }),
    ]),
    clusters: z.array(
      z.strictObject({
        name: z.string(),
        type: z.literal("STRICT_DNS"),
        load_assignment: z.strictObject({
          cluster_name: z.string(),
          endpoints: z.tuple([
            z.strictObject({ lb_endpoints: z.tuple([z.strictObject({ endpoint: z.strictObject({ address }) })]) }),
          ]),
        }),
      }),
    ),
  }),
});

export interface GatewayConfig {
  port: number;
  /** The first that fits decides. */
  routes: readonly GatewayRoute[];
  /** `http://host:port` by cluster. */
  clusters: ReadonlyMap<string, string>;
  /** Client by key. */
  keys: ReadonlyMap<string, string>;
  /** What `Authorization: Basic` must decode to where the login script counts. */
  login: string;
}

/** Reads envoy.yaml; an error names the first place that the stand-in does not understand. */
export function readGatewayConfig(file: string): GatewayConfig {
  return parseGatewayConfig(readFileSync(file, "utf8"));
}

export function parseGatewayConfig(text: string): GatewayConfig {
  const { data, error } = configuration.safeParse(parse(text));
  if (data === undefined) {
    const [issue] = error.issues;
    throw new Error(`Envoy's configuration, ${issue?.path.join(".")}: ${issue?.message}`);
  }
  const [listener] = data.static_resources.listeners;
  const manager = listener.filter_chains[0].filters[0].typed_config;
  const [, apiKeys, lua] = manager.http_filters;
  const [, login] = /base64Escape\("([^"]+)"\)/.exec(lua.typed_config.default_source_code.inline_string) ?? [];
  if (login === undefined) throw new Error("Envoy's configuration: the stand-in cannot run this Lua");
  const clusters = new Map(
    data.static_resources.clusters.map(({ name, load_assignment }) => {
      const { socket_address: socket } = load_assignment.endpoints[0].lb_endpoints[0].endpoint.address;
      return [name, `http://${socket.address}:${socket.port_value}`];
    }),
  );
  const { routes } = manager.route_config.virtual_hosts[0];
  for (const { route: forward } of routes) {
    if (forward !== undefined && !clusters.has(forward.cluster))
      throw new Error(`route: unknown cluster '${forward.cluster}'`);
  }
  return {
    port: listener.address.socket_address.port_value,
    routes,
    clusters,
    keys: new Map(apiKeys.typed_config.credentials.map(({ key, client }) => [key, client])),
    login,
  };
}
