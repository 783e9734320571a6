import { createHash, randomUUID } from "node:crypto";
import { Environment } from "../base/environment.ts";
import { openPostgres } from "../base/postgres.ts";
import { runStandIn } from "../base/program.ts";
import { type Answer, Refusal, createRoutedServer, textFrom } from "../base/server.ts";
import { Tokens } from "./tokens.ts";

interface User {
  id: string;
  email: string;
}

/** Stand-in for Supabase's auth service (GoTrue): accounts with passwords, and tokens for them. */
runStandIn("Supabase auth", async () => {
  const environment = new Environment(process.env);
  environment.url("API_EXTERNAL_URL", "http", "https");
  environment.url("GOTRUE_SITE_URL", "http", "https");
  environment.text("GOTRUE_DB_DRIVER", { pattern: /^postgres$/, must: "be postgres" });
  const audience = environment.text("GOTRUE_JWT_AUD");
  const tokens = new Tokens(environment.secret("GOTRUE_JWT_SECRET", 32));
  const mayConfirm = environment.flag("GOTRUE_MAILER_AUTOCONFIRM", false);
  const isClosed = environment.flag("GOTRUE_DISABLE_SIGNUP", false);
  const pool = openPostgres(environment.url("GOTRUE_DB_DATABASE_URL", "postgres", "postgresql"));
  await pool.query(
    "CREATE TABLE IF NOT EXISTS auth.users (id uuid PRIMARY KEY, email text UNIQUE NOT NULL, encrypted_password text NOT NULL)",
  );

  async function session({ id, email }: User): Promise<Answer> {
    const token = await tokens.sign({ sub: id, email, aud: audience, role: "authenticated" });
    return { body: { access_token: token, token_type: "bearer", expires_in: 3600, user: { id, email } } };
  }

  const server = createRoutedServer({
    "GET /health": () => ({
      body: { version: "v2.196.0", name: "GoTrue", description: "GoTrue is a user registration API" },
    }),
    "GET /settings": () => ({
      body: { disable_signup: isClosed, mailer_autoconfirm: mayConfirm, external: { email: true } },
    }),
    "POST /signup": async (asked) => {
      if (isClosed) throw new Refusal(422, "Signups not allowed for this instance");
      if (!mayConfirm) throw new Refusal(500, "Error sending confirmation mail");
      const { email, password } = await credentials(asked.json());
      const id = randomUUID();
      const { rowCount } = await pool.query("INSERT INTO auth.users VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", [
        id,
        email,
        hashed(id, password),
      ]);
      if (rowCount === 0) throw new Refusal(422, "User already registered");
      return session({ id, email });
    },
    "POST /token": async (asked) => {
      const { email, password } = await credentials(asked.json());
      const { rows } = await pool.query<User & { encrypted_password: string }>(
        "SELECT * FROM auth.users WHERE email = $1",
        [email],
      );
      const [user] = rows;
      if (user?.encrypted_password !== hashed(user?.id ?? "", password))
        throw new Refusal(400, "Invalid login credentials");
      return session(user);
    },
    "GET /user": async (asked) => {
      const { sub, email } = await tokens.claims(asked);
      return { body: { id: sub, email } };
    },
  });
  return { servers: [[server, environment.port("GOTRUE_API_PORT", 9999)]], close: () => pool.end() };
});

async function credentials(body: Promise<Record<string, unknown>>): Promise<{ email: string; password: string }> {
  const { email, password } = await body;
  if (textFrom(email) === "" || textFrom(password).length < 6)
    throw new Refusal(422, "Send an email and a password of 6 characters");
  return { email: textFrom(email), password: textFrom(password) };
}

function hashed(salt: string, password: string): string {
  return createHash("sha256").update(salt).update(password).digest("hex");
}
