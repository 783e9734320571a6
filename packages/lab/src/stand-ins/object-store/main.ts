import { readSettings } from "./settings.ts";
import { startObjectStore } from "./start.ts";

/** Stand-in for MinIO: its ports, environment, S3 and admin APIs, refusals and health paths, and a folder of its own. */
async function main(): Promise<void> {
  const { port, consolePort, stop } = await startObjectStore(readSettings(process.argv.slice(2), process.env));
  process.stdout.write(`MinIO stand-in: API on port ${port}, page on port ${consolePort}\n`);
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
