import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Environment } from "../base/environment.ts";
import { openPostgres } from "../base/postgres.ts";
import { runStandIn } from "../base/program.ts";
import { type Asked, Refusal, createRoutedServer, textFrom } from "../base/server.ts";
import { Tokens } from "./tokens.ts";

const objectName = /^[a-z0-9][a-zA-Z0-9._-]*\/[a-zA-Z0-9][a-zA-Z0-9._-]*$/;

/** Stand-in for Supabase's storage service: objects as files in its volume, behind tokens. */
runStandIn("Supabase storage", async () => {
  const environment = new Environment(process.env);
  environment.text("STORAGE_BACKEND", { pattern: /^file$/, must: "be file: the stand-in knows no other" });
  for (const name of ["ANON_KEY", "SERVICE_KEY", "TENANT_ID", "REGION", "GLOBAL_S3_BUCKET"]) environment.text(name);
  environment.text("FILE_SIZE_LIMIT", { pattern: /^\d+$/, must: "be a number" });
  environment.url("POSTGREST_URL", "http", "https");
  if (environment.flag("ENABLE_IMAGE_TRANSFORMATION", false)) environment.url("IMGPROXY_URL", "http", "https");
  const tokens = new Tokens(environment.secret("AUTH_JWT_SECRET", 32));
  const directory = environment.text("FILE_STORAGE_BACKEND_PATH");
  const pool = openPostgres(environment.url("DATABASE_URL", "postgres", "postgresql"));
  await pool.query(
    "CREATE TABLE IF NOT EXISTS storage.buckets (id text PRIMARY KEY, public boolean NOT NULL DEFAULT false)",
  );
  await mkdir(directory, { recursive: true });

  async function requireService(asked: Asked): Promise<void> {
    if ((await tokens.claims(asked)).role !== "service_role")
      throw new Refusal(403, "new row violates row-level security policy");
  }

  function fileOf(name: string): string {
    if (!objectName.test(name)) throw new Refusal(400, "Invalid key");
    return join(directory, name);
  }

  const server = createRoutedServer({
    "GET /status": () => ({}),
    "GET /bucket": async (asked) => {
      await requireService(asked);
      const { rows } = await pool.query<Record<string, unknown>>(
        "SELECT id, id AS name, public FROM storage.buckets ORDER BY id",
      );
      return { body: rows };
    },
    "POST /bucket": async (asked) => {
      await requireService(asked);
      const name = textFrom((await asked.json())["name"]);
      await mkdir(join(fileOf(`${name}/x`), ".."), { recursive: true });
      await pool.query("INSERT INTO storage.buckets (id) VALUES ($1) ON CONFLICT DO NOTHING", [name]);
      return { body: { name } };
    },
    "POST /object/*": async (asked) => {
      await requireService(asked);
      await writeFile(fileOf(asked.rest), await asked.body());
      return { body: { Key: asked.rest } };
    },
    "GET /object/*": async (asked) => {
      await tokens.claims(asked);
      const names = await readdir(join(fileOf(asked.rest), ".."));
      if (!names.includes(asked.rest.split("/")[1] ?? "")) throw new Refusal(404, "Object not found");
      return { body: await readFile(fileOf(asked.rest), "utf8") };
    },
  });
  return { servers: [[server, environment.port("PORT", 5000)]], close: () => pool.end() };
});
