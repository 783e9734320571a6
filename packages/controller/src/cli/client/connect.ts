import { z } from "zod";
import { createClient, type Client } from "./client.ts";
import { loginFile, readLogin } from "./login-file.ts";
import { candidateTargets, reachTarget } from "./target.ts";

// A command reads few answers: compiling their schemas to code first takes longer than it saves.
z.config({ jitless: true });

export interface ConnectOptions {
  /** The value of --controller. */
  controller: string | undefined;
  environment: Readonly<Record<string, string | undefined>>;
  raw: boolean;
}

/** A client of the controller that was chosen, or of the first that is found. */
export async function connectClient({ controller, environment, raw }: ConnectOptions): Promise<Client> {
  const fromEnvironment = environment["BERTH_CONTROLLER"];
  const chosen = controller ?? (fromEnvironment === "" ? undefined : fromEnvironment);
  const login = await readLogin(loginFile(environment));
  return createClient(await reachTarget(candidateTargets({ chosen, login })), { raw });
}
