import { BerthError } from "@berth/shared/errors";
import * as z from "zod";
import { createClient, type Client } from "./client.ts";
import { loginFile, readLogin } from "./login-file.ts";
import { candidateTargets, reachTarget, type Target } from "./target.ts";

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
  const candidates = candidateTargets({ chosen, login }).map((target) => withToken(target, environment["BERTH_TOKEN"]));
  return createClient(await reachTarget(candidates), { raw });
}

/**
 * A token of the environment goes before the saved login's: a script is given one. Throws `request.invalid` for a Unix
 * socket, which asks for none: whoever gives a token would be an admin there, unawares.
 */
function withToken(target: Target, token: string | undefined): Target {
  if (token === undefined || token === "") return target;
  if (target.kind === "url") return { ...target, token };
  throw new BerthError("request.invalid", "BERTH_TOKEN is set, and a Unix socket asks for no token.", {
    hint: "Name the controller's address as well, BERTH_CONTROLLER=https://HOST:8421, or unset BERTH_TOKEN.",
  });
}
