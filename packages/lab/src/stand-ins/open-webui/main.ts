import { readFileSync } from "node:fs";
import { WebuiDatabase } from "./database.ts";
import { afterMigration, afterStart, beforeStart, heedsSignals } from "./misbehaviour.ts";
import { releaseWithin } from "./releases.ts";
import { createWebServer } from "./server.ts";
import { readSettings } from "./settings.ts";
import { Watch } from "./watch.ts";

/** Stand-in for Open WebUI: same port, environment, health path and data folder, and it uses what it is given. */
function start(): void {
  const tag = readFileSync(new URL("release", import.meta.url), "utf8").trim();
  const release = releaseWithin(process.env, tag);
  const settings = readSettings(process.env);
  log(`Open WebUI stand-in ${release.tag}`);
  if (settings.secretKeyIsNew) log("WEBUI_SECRET_KEY is not set: made one that lasts until the container is recreated");
  beforeStart(release.misbehaviour);
  const database = new WebuiDatabase(settings.dataDirectory, release.schema);
  afterMigration(release.misbehaviour);
  const watch = new Watch(settings, log);
  const server = createWebServer({ release, settings, database, watch, uptime: () => process.uptime() });
  server.listen(settings.port, "0.0.0.0", () => {
    log(`Listening on port ${settings.port}`);
    afterStart(release.misbehaviour, settings.dataDirectory, () => database.close());
  });
  void watch.run();
  const stop = (): void => {
    if (!heedsSignals(release.misbehaviour)) return;
    watch.end();
    server.close(() => process.exit(0));
    server.closeAllConnections();
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

function log(line: string): void {
  process.stdout.write(`${line}\n`);
}

try {
  start();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
