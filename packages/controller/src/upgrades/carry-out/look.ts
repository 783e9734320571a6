/** Looks at one instance from outside, through the router, as its users do. */
import { toBerthError } from "@berth/shared/errors";
import type { UpgradeDependencies } from "./dependencies.ts";

export interface LookOptions {
  instance: string;
  /** How long a route that does not answer is tried again. */
  patienceSeconds: number;
  signal: AbortSignal;
  log: (line: string) => void;
}

/** Why a route of the instance does not answer; null: all do, or there is nothing to look at. */
export async function lookThroughRoute(
  { instance, patienceSeconds, signal, log }: LookOptions,
  { routes, testRoutes }: Pick<UpgradeDependencies, "routes" | "testRoutes">,
): Promise<string | null> {
  const hosts = (await routes())
    .filter(({ suspended, servers }) => !suspended && servers.some((server) => server.instance === instance))
    .map(({ host }) => host);
  if (hosts.length === 0) return null;
  try {
    const results = await testRoutes({ hosts, patienceSeconds }, signal);
    for (const { host, outcome, reason } of results) {
      if (outcome === "failed") continue;
      log(outcome === "answered" ? `${host} answers` : `${host} was not tested: ${reason}`);
    }
    const failed = results.filter(({ outcome }) => outcome === "failed");
    if (failed.length === 0) return null;
    return failed.map(({ host, reason }) => `${host} does not answer: ${reason}`).join("; ");
  } catch (error) {
    signal.throwIfAborted();
    // What the router is to be asked with is not in order: that is none of the instance's doing.
    log(`its routes were not tested: ${toBerthError(error).message}`);
    return null;
  }
}
