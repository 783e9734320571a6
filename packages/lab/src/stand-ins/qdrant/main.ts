import { version } from "./service.ts";
import { readSettings } from "./settings.ts";
import { startQdrant } from "./start.ts";

/**
 * Stand-in for Qdrant: its HTTP side, keys, tokens, collections, points and snapshots, with a search that looks at each
 * point. Enforces rights as the original; what it does not offer it refuses with 501.
 */
async function main(): Promise<void> {
  const { port, stop } = await startQdrant(readSettings(process.env));
  process.stdout.write(`Qdrant stand-in ${version}\nQdrant HTTP listening on ${port}\n`);
  const end = (): void => {
    stop().then(() => process.exit(0), fail);
  };
  process.once("SIGTERM", end);
  process.once("SIGINT", end);
}

function fail(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

main().catch(fail);
