/** Files that are whole and on disk, or not there at all, whenever the process or the machine stops. */
import { chmodSync, closeSync, fsyncSync, linkSync, openSync, rmSync, writeSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { dirname } from "node:path";

/** Makes a file of mode 0600; one that is there already is never replaced. */
export function makeFile(file: string, text: string): void {
  const draft = `${file}.${randomUUID()}`;
  try {
    writeWhole(draft, text);
    linkUnlessPresent(draft, file);
  } finally {
    rmSync(draft, { force: true });
  }
  syncDirectory(file);
}

/** Gives the file a second name; one that is there already is never replaced. */
export function linkUnlessPresent(file: string, name: string): void {
  try {
    linkSync(file, name);
  } catch (error) {
    const present = error instanceof Error && "code" in error && error.code === "EEXIST";
    if (!present) throw error;
  }
}

/** What was made, renamed or removed beside the file survives a power cut. */
export function syncDirectory(file: string): void {
  const descriptor = openSync(dirname(file), "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function writeWhole(file: string, text: string): void {
  const descriptor = openSync(file, "wx", 0o600);
  try {
    chmodSync(file, 0o600);
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
