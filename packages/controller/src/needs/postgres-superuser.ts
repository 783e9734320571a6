/** Gives a server's superuser the password that the controller has for it. */
import { escapeLiteral, type ClientBase } from "pg";
import { createVerifier, matchesVerifier } from "./scram.ts";

/** Idempotent; `changed` is false when it is the password already. `client` is connected as the superuser. */
export async function ensureSuperuserPassword(client: ClientBase, password: string): Promise<{ changed: boolean }> {
  const { rows } = await client.query<{ verifier: string | null }>(
    "select rolpassword as verifier from pg_authid where rolname = current_user",
  );
  const verifier = rows[0]?.verifier ?? null;
  if (verifier !== null && matchesVerifier(password, verifier)) return { changed: false };
  await client.query(`alter role current_user password ${escapeLiteral(createVerifier(password))}`);
  return { changed: true };
}
