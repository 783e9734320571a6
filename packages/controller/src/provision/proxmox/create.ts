/**
 * Makes a node's LXC, once. A creation whose answer was lost may have happened, and while Proxmox VE makes an LXC
 * nothing but its lock is visible. So before one is made every creation that nobody here accounts for is waited for,
 * and after a doubtful answer it is looked for by its marker.
 */
import { BerthError } from "@berth/shared/errors";
import type { ProxmoxConnection } from "@berth/shared/fleet/schema";
import pLimit, { type LimitFunction } from "p-limit";
import type { Progress } from "../progress.ts";
import { waitFor } from "../wait.ts";
import { ProxmoxRefusal } from "./answer.ts";
import { findLxc, notOurs, refuseElsewhere, type Sought } from "./find.ts";
import type { LxcEntry } from "./schemas.ts";
import type { ProxmoxSession } from "./session.ts";
import { createParameters, observedLxc, type WantedLxc } from "./specification.ts";
import { waitForTask } from "./task.ts";

const unknownCreationMilliseconds = 300_000;
const creationMilliseconds = 480_000;
const maximumAttempts = 10;

/** What is being made over one connection right now. Shared by all that create over it. */
export interface Creations {
  vmids: Set<number>;
  /** Next id and creation belong together: two at a time would be given the same id. */
  exclusively: LimitFunction;
}

export function newCreations(): Creations {
  return { vmids: new Set(), exclusively: pLimit(1) };
}

export interface CreateOptions {
  connection: ProxmoxConnection;
  wanted: WantedLxc;
  sought: Sought;
  publicKey: string;
  /** Opened as root@pam where the features need it. */
  session: ProxmoxSession;
  creations: Creations;
}

/** Gives the VMID and whether it was made by this call, or found after all. */
export async function createLxc(
  options: CreateOptions,
  progress: Progress,
): Promise<{ vmid: number; created: boolean }> {
  for (let attempt = 1; attempt <= maximumAttempts; attempt += 1) {
    const begun = await options.creations.exclusively(() => beginCreation(options, progress));
    if (begun.found !== undefined) return { vmid: begun.found, created: false };
    if (begun.finish === undefined) continue;
    return { vmid: await begun.finish(), created: true };
  }
  throw new BerthError(
    "proxmox.failed",
    `No VMID stayed free for node ${options.wanted.node} in ${maximumAttempts} tries`,
    {
      hint: "Something else takes VMIDs at the same time; name a free one as vmid in fleet.yaml.",
    },
  );
}

interface Begun {
  found?: number;
  finish?: () => Promise<number>;
}

/** Neither found nor begun: the VMID was taken meanwhile, and another is worth a try. */
async function beginCreation(options: CreateOptions, progress: Progress): Promise<Begun> {
  const { session, wanted, sought, creations } = options;
  const entries = await waitForUnknownCreations(options, progress);
  const present = await findLxc(session, entries, sought);
  if (present !== null) return { found: present.vmid };
  await refuseElsewhere(session, options.connection.node, sought);
  await refuseTakenAddress(session, entries, wanted);
  const vmid = wanted.vmid ?? (await session.nextId());
  if (wanted.vmid !== null && !(await session.isFree(vmid))) throw notOurs(vmid, "", wanted.node, sought.marker);
  progress.log(`Creating CT ${vmid} (${wanted.node}) from ${options.connection.osTemplate}`);
  const parameters = createParameters(wanted, options.connection, {
    vmid,
    marker: sought.marker,
    publicKey: options.publicKey,
  });
  creations.vmids.add(vmid);
  try {
    const upid = await session.create(parameters);
    return { finish: () => finishCreation(options, vmid, upid, progress) };
  } catch (error) {
    creations.vmids.delete(vmid);
    progress.signal.throwIfAborted();
    const found = await lookAfterDoubt(options, vmid, error, progress);
    return found === null ? {} : { found };
  }
}

/** Two LXCs at one address would take turns in answering. */
async function refuseTakenAddress(session: ProxmoxSession, entries: LxcEntry[], wanted: WantedLxc): Promise<void> {
  // Those that are being made are Berth's own, for other nodes of the fleet.
  const made = entries.filter((entry) => entry.lock !== "create");
  const configs = await Promise.all(made.map(async ({ vmid }) => session.config(vmid)));
  const index = configs.findIndex((config) => observedLxc(config).address === wanted.address);
  const taken = made[index];
  if (taken === undefined) return;
  const owner = taken.name === "" ? `CT ${taken.vmid}` : `CT ${taken.vmid} (${taken.name})`;
  throw new BerthError(
    "conflict",
    `${wanted.address}, the address of node ${wanted.node}, is that of ${owner} already`,
    {
      hint: `Give ${wanted.node} another address in fleet.yaml, or the other LXC another one on the Proxmox VE host.`,
    },
  );
}

async function finishCreation(
  { session, wanted, creations }: CreateOptions,
  vmid: number,
  upid: string,
  progress: Progress,
): Promise<number> {
  try {
    const action = `create CT ${vmid} (${wanted.node})`;
    await waitForTask(session, upid, { action, deadlineMilliseconds: creationMilliseconds }, progress);
    return vmid;
  } finally {
    creations.vmids.delete(vmid);
  }
}

/** All LXCs, once none that could be the node's is in creation. What this process makes is for other nodes. */
async function waitForUnknownCreations(options: CreateOptions, progress: Progress): Promise<LxcEntry[]> {
  const { vmid } = options.wanted;
  const couldBeIt = (entry: LxcEntry): boolean =>
    entry.lock === "create" && !options.creations.vmids.has(entry.vmid) && (vmid === null || vmid === entry.vmid);
  let told = false;
  return waitFor({
    what: "The end of a creation of an LXC that Berth did not begin, or lost sight of,",
    deadlineMilliseconds: unknownCreationMilliseconds,
    intervalMilliseconds: 1000,
    signal: progress.signal,
    hint: "If no such task runs on the Proxmox VE host, a creation was cut off there: run `pct unlock VMID` and `pct destroy VMID` on it.",
    check: async () => {
      const entries = await options.session.list();
      const unknown = entries.filter(couldBeIt);
      if (unknown.length === 0) return entries;
      if (!told)
        progress.log(`Waiting for CT ${unknown.map((entry) => entry.vmid).join(", ")}, which is being created`);
      told = true;
      return undefined;
    },
  });
}

/** After a creation without a clear answer: the VMID of the node's LXC when it came into being, or null. */
async function lookAfterDoubt(
  options: CreateOptions,
  vmid: number,
  error: unknown,
  progress: Progress,
): Promise<number | null> {
  if (error instanceof BerthError && error.cause instanceof ProxmoxRefusal && error.cause.definite) throw error;
  const reason = error instanceof Error ? error.message : String(error);
  progress.log(`Looking whether CT ${vmid} came into being: ${reason}`);
  const entries = await waitForUnknownCreations(options, progress);
  const found = await findLxc(options.session, entries, options.sought);
  if (found !== null) return found.vmid;
  // Somebody else took the VMID between the question for a free one and the creation.
  if (options.wanted.vmid === null && entries.some((entry) => entry.vmid === vmid)) return null;
  if (options.wanted.vmid === null && !(await options.session.isFree(vmid))) return null;
  throw error;
}
