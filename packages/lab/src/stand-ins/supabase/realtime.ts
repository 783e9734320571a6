import { WebSocketServer } from "ws";
import { Environment } from "../base/environment.ts";
import { openPostgres } from "../base/postgres.ts";
import { runStandIn } from "../base/program.ts";
import { type Asked, Refusal, createRoutedServer } from "../base/server.ts";
import { Tokens } from "./tokens.ts";

/** Of the only tenant that a self-hosted one has; the host's first label names it. */
const tenant = "realtime-dev";

/** Stand-in for Supabase's realtime service: WebSockets that echo, for who brings a key. */
runStandIn("Supabase realtime", async () => {
  const environment = new Environment(process.env);
  environment.text("DB_ENC_KEY", { pattern: /^.{16}$/, must: "have 16 characters" });
  environment.secret("SECRET_KEY_BASE", 64);
  environment.text("APP_NAME");
  environment.secret("METRICS_JWT_SECRET", 32);
  const tokens = new Tokens(environment.secret("API_JWT_SECRET", 32));
  const url = new URL(
    `postgres://${environment.text("DB_HOST")}:${environment.port("DB_PORT")}/${environment.text("DB_NAME")}`,
  );
  url.username = environment.text("DB_USER");
  url.password = environment.text("DB_PASSWORD");
  const pool = openPostgres(url);
  // Fails where the schema is missing that this role must find.
  await pool.query("CREATE TABLE IF NOT EXISTS _realtime.tenants (external_id text PRIMARY KEY)");
  if (environment.flag("SEED_SELF_HOST", false)) {
    await pool.query("INSERT INTO _realtime.tenants VALUES ($1) ON CONFLICT DO NOTHING", [tenant]);
  }

  const requireTenant = ({ headers }: Pick<Asked, "headers">): void => {
    if (headers.host?.split(".")[0] !== tenant) throw new Refusal(404, "Tenant not found");
  };
  const server = createRoutedServer({
    "GET /healthcheck": () => ({ body: "ok" }),
    "GET /api/ping": (asked) => {
      requireTenant(asked);
      return { body: { message: "Success" } };
    },
    [`GET /api/tenants/${tenant}/health`]: async (asked) => {
      await tokens.claims(asked);
      return { body: { data: { healthy: true, db_connected: true } } };
    },
  });
  const sockets = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request, socket, head) => {
    const { searchParams, pathname } = new URL(request.url ?? "/", "http://localhost");
    const key = request.headers["x-api-key"] ?? searchParams.get("apikey");
    admit(request.headers.host, pathname, key)
      .then(() =>
        sockets.handleUpgrade(request, socket, head, (opened) =>
          opened.on("message", (data) => opened.send(Buffer.isBuffer(data) ? data.toString("utf8") : "")),
        ),
      )
      .catch(() => socket.end("HTTP/1.1 403 Forbidden\r\n\r\n"));
  });

  async function admit(host: string | undefined, path: string, key: string | string[] | null): Promise<void> {
    requireTenant({ headers: { host } });
    if (path !== "/socket/websocket") throw new Refusal(404, "Not Found");
    await tokens.claims({ headers: { authorization: `Bearer ${String(key)}` } });
  }
  return { servers: [[server, environment.port("PORT", 4000)]], close: () => pool.end() };
});
