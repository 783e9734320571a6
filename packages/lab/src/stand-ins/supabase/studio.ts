import { Environment } from "../base/environment.ts";
import { runStandIn } from "../base/program.ts";
import { Refusal, createRoutedServer, page } from "../base/server.ts";

const metaMilliseconds = 5000;

/** Stand-in for Supabase's Studio: a page that shows the tables of the database. */
runStandIn("Supabase Studio", () => {
  const environment = new Environment(process.env);
  const meta = environment.url("STUDIO_PG_META_URL", "http", "https");
  environment.url("SUPABASE_URL", "http", "https");
  environment.url("SUPABASE_PUBLIC_URL", "http", "https");
  for (const name of ["SUPABASE_ANON_KEY", "SUPABASE_SERVICE_KEY", "POSTGRES_PASSWORD"]) environment.text(name);
  environment.secret("AUTH_JWT_SECRET", 32);
  environment.secret("PG_META_CRYPTO_KEY", 32);
  const server = createRoutedServer({
    "GET /api/platform/profile": () => ({ body: { id: 1, username: "johndoe", organizations: [] } }),
    "GET /": async () => {
      const response = await fetch(new URL("/tables", meta), { signal: AbortSignal.timeout(metaMilliseconds) });
      if (!response.ok) throw new Refusal(502, `postgres-meta answers ${response.status}`);
      return page("Supabase Studio", [["Tables", await response.text()]]);
    },
  });
  return { servers: [[server, environment.port("PORT", 3000)]] };
});
