/**
 * Another key for all secrets. The new one lies beside the old as `secret.key.new` before a single secret is encrypted
 * with it; all are, in one transaction; only then it takes the old one's place, which stays as `secret.key.old` until the
 * new one was read back. Which key the secrets have is told by the secrets themselves, so that whenever the controller
 * stops, the next start knows which file is right.
 */
import { existsSync, readdirSync, realpathSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { BerthError } from "@berth/shared/errors";
import { linkUnlessPresent, syncDirectory } from "./durable-file.ts";
import { keyFileOf, makeKeyFile, readKeyFile, type KeySource } from "./key.ts";

/** Whether a key is the one that the secrets are encrypted with. */
export type Opens = (key: Buffer) => boolean;

/** The key file to rotate. Throws `conflict` when the environment holds the key, which Berth cannot change. */
export function rotatableKeyFile(source: Buffer | KeySource): string {
  if (!Buffer.isBuffer(source) && source.environment?.BERTH_SECRET_KEY === undefined)
    return realpathSync(keyFileOf(source));
  throw new BerthError(
    "conflict",
    "The key is in the environment variable BERTH_SECRET_KEY, where Berth cannot change it",
    {
      hint: "Put it into a file of mode 0600, name that in BERTH_SECRET_KEY_FILE, start the controller again, and rotate then.",
    },
  );
}

/** Lays a new key beside the present one, and gives it. `settleKeyFile` ends what this begins. */
export function prepareKey(file: string): Buffer {
  const { next, former } = filesBeside(file);
  rmSync(next, { force: true });
  makeKeyFile(next);
  rmSync(former, { force: true });
  linkUnlessPresent(file, former);
  syncDirectory(file);
  return readKeyFile(next);
}

/** Leaves the key that opens the secrets as the only one. Does nothing when no rotation was begun. */
export function settleKeyFile(source: string, opens: Opens): void {
  const file = existsSync(source) ? realpathSync(source) : source;
  const { next, former, drafts } = filesBeside(file);
  for (const draft of drafts) rmSync(draft, { force: true });
  if (!existsSync(next) && !existsSync(former)) return;
  if (existsSync(next) && opens(readKeyFile(next))) renameSync(next, file);
  else rmSync(next, { force: true });
  syncDirectory(file);
  // Kept when something is wrong: then it may be the only one that opens anything.
  if (!opens(readKeyFile(file))) return;
  rmSync(former, { force: true });
  syncDirectory(file);
}

function filesBeside(file: string): { next: string; former: string; drafts: string[] } {
  const next = `${file}.new`;
  const directory = dirname(file);
  const names = existsSync(directory) ? readdirSync(directory) : [];
  const drafts = names.filter((name) => name.startsWith(`${basename(next)}.`)).map((name) => join(directory, name));
  return { next, former: `${file}.old`, drafts };
}
