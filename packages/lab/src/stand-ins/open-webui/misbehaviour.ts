import { appendFileSync, closeSync, openSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { databaseFileName } from "./database.ts";
import type { Misbehaviour } from "./releases.ts";

/** Seconds after which `crashes-later` ends: long enough to have been called healthy. */
const crashAfterSeconds = 10;
/** Seconds for which `starts-slowly` answers that it is not ready. */
const slowSeconds = 20;

/** Whether `/health` may say yes, this many seconds after the start. */
export function answersHealthy(misbehaviour: Misbehaviour | undefined, uptimeSeconds: number): boolean {
  if (misbehaviour === "starts-unhealthy") return false;
  return misbehaviour !== "starts-slowly" || uptimeSeconds >= slowSeconds;
}

/** What goes wrong before the database is opened. */
export function beforeStart(misbehaviour: Misbehaviour | undefined): void {
  if (misbehaviour === "fails-to-start") throw new Error("This release fails to start");
}

/** What goes wrong once the database has been brought up to the release. */
export function afterMigration(misbehaviour: Misbehaviour | undefined): void {
  if (misbehaviour === "migrates-then-dies") throw new Error("This release dies of what it has migrated");
}

/** Whether it goes when it is asked to. */
export function heedsSignals(misbehaviour: Misbehaviour | undefined): boolean {
  return misbehaviour !== "hangs-on-stop";
}

/** What goes wrong once the server listens. */
export function afterStart(
  misbehaviour: Misbehaviour | undefined,
  dataDirectory: string,
  closeDatabase: () => void,
): void {
  if (misbehaviour === "crashes-later") {
    setTimeout(() => {
      process.stderr.write("This release crashes after a while\n");
      process.exit(1);
    }, crashAfterSeconds * 1000);
  }
  if (misbehaviour === "corrupts-data") {
    closeDatabase();
    corrupt(join(dataDirectory, databaseFileName));
    throw new Error("This release cannot read what it has written");
  }
  if (misbehaviour === "fills-the-disk") fill(join(dataDirectory, "filling"));
}

/** Appends until the disk takes no more, which it throws. Nobody is answered meanwhile. */
function fill(file: string): never {
  const piece = Buffer.alloc(4 * 1024 * 1024);
  for (;;) appendFileSync(file, piece);
}

/** Overwrites the database with noise from its first byte on: only a restored copy brings it back. */
function corrupt(file: string): void {
  const { size } = statSync(file);
  const descriptor = openSync(file, "r+");
  try {
    writeSync(descriptor, Buffer.alloc(size, 0xa5), 0, size, 0);
  } finally {
    closeSync(descriptor);
  }
}
