/** Where the archives are kept: whole files by name, at the fleet's backup target. */
import { randomUUID } from "node:crypto";
import type { Readable } from "node:stream";
import { BerthError } from "@berth/shared/errors";

export interface ArchiveStore {
  /** For people: s3://berth/valuechain/controller, /mnt/nas/berth/valuechain/controller. */
  place: string;
  /** The file is there as a whole, or not at all. */
  put: (name: string, content: Readable, signal: AbortSignal) => Promise<void>;
  /** Throws `not-found`. */
  get: (name: string, signal: AbortSignal) => Promise<Readable>;
  list: () => Promise<string[]>;
  /** One that is not there is no failure. */
  remove: (name: string) => Promise<void>;
}

/** Below the fleet's part of the target, beside the repositories of its owners. No tenant has this name. */
export const controllerOwner = "controller";

const draftSuffix = /\.part-[0-9a-f-]{36}$/;
/** What a process that was killed has left; nothing takes as long. */
const abandonedMilliseconds = 86_400_000;

/** What a file is called until it is there as a whole, where a store knows no such thing by itself. */
export function draftOf(name: string): string {
  return `${name}.part-${randomUUID()}`;
}

export function isDraft(name: string): boolean {
  return draftSuffix.test(name);
}

/** `modifiedAt`, in milliseconds: when the draft was last written to. */
export function isAbandoned(modifiedAt: number): boolean {
  return Date.now() - modifiedAt > abandonedMilliseconds;
}

export function noArchive(name: string, place: string): BerthError {
  return new BerthError("not-found", `There is no ${name} in ${place}`);
}
