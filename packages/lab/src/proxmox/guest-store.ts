import { createHash } from "node:crypto";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { readIfPresent, writeWhole } from "../host/files.ts";
import { failure, missingGuest } from "./failures.ts";
import { type GuestConfig, guestConfigSchema } from "./guest-options.ts";

const snapshotSchema = z.object({
  config: guestConfigSchema,
  /** Seconds since 1970. */
  snaptime: z.int(),
  description: z.string(),
  parent: z.string().optional(),
});

const guestRecordSchema = z.object({
  config: guestConfigSchema,
  /** "create", "snapshot", …: what has the guest to itself right now. */
  lock: z.string().optional(),
  /** The snapshot that the present state descends from. */
  parent: z.string().optional(),
  snapshots: z.record(z.string(), snapshotSchema),
});
export type GuestRecord = z.infer<typeof guestRecordSchema>;

const lockPatienceMs = 10_000;

/** The configuration files of /etc/pve/nodes/NODE/lxc and the file lock that goes with each. */
export class GuestStore {
  readonly #node: string;
  readonly #directory: string;
  readonly #tails = new Map<number, Promise<unknown>>();

  constructor(node: string, directory: string) {
    this.#node = node;
    this.#directory = directory;
  }

  async open(): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
  }

  #path(vmid: number): string {
    return join(this.#directory, `${vmid}.json`);
  }

  async list(): Promise<number[]> {
    const names = await readdir(this.#directory);
    return names
      .flatMap((name) => (/^\d+\.json$/.test(name) ? [Number.parseInt(name, 10)] : []))
      .toSorted((left, right) => left - right);
  }

  async find(vmid: number): Promise<GuestRecord | undefined> {
    const content = await readIfPresent(this.#path(vmid));
    return content === undefined ? undefined : guestRecordSchema.parse(JSON.parse(content));
  }

  /** The record, or Proxmox VE's error for a guest that is not there. */
  async load(vmid: number): Promise<GuestRecord> {
    const record = await this.find(vmid);
    if (record === undefined) throw missingGuest(this.#node, vmid);
    return record;
  }

  async save(vmid: number, record: GuestRecord): Promise<void> {
    await writeWhole(this.#path(vmid), JSON.stringify(guestRecordSchema.parse(record)));
  }

  async remove(vmid: number): Promise<void> {
    await rm(this.#path(vmid), { force: true });
  }

  /** Changes one part of a record, if the guest is still there. */
  async update(vmid: number, change: (record: GuestRecord) => GuestRecord): Promise<void> {
    const record = await this.find(vmid);
    if (record !== undefined) await this.save(vmid, change(record));
  }

  /** One holder at a time per guest; others wait ten seconds and then fail as Proxmox VE's do. */
  async withLock<Result>(vmid: number, action: () => Promise<Result>): Promise<Result> {
    const before = this.#tails.get(vmid) ?? Promise.resolve();
    const mine = Promise.withResolvers<void>();
    const tail = before.then(() => mine.promise);
    this.#tails.set(vmid, tail);
    try {
      await withinPatience(before, vmid);
      return await action();
    } finally {
      mine.resolve();
      if (this.#tails.get(vmid) === tail) this.#tails.delete(vmid);
    }
  }
}

async function withinPatience(turn: Promise<unknown>, vmid: number): Promise<void> {
  const timeout = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    timeout.reject(failure(`can't lock file '/run/lock/lxc/pve-config-${vmid}.lock' - got timeout`));
  }, lockPatienceMs);
  try {
    await Promise.race([turn, timeout.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Refuses a guest that something else has to itself. */
export function checkNotLocked(record: GuestRecord): void {
  if (record.lock !== undefined) throw failure(`CT is locked (${record.lock})`);
}

/** By which a client notices that somebody else has changed the configuration meanwhile. */
export function digestOf(config: GuestConfig): string {
  return createHash("sha1")
    .update(JSON.stringify(Object.entries(config).toSorted()))
    .digest("hex");
}
