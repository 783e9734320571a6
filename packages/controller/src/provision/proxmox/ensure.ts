/** The node's LXC: made if absent, brought to its specification, started. */
import { BerthError } from "@berth/shared/errors";
import type { ProxmoxConnection } from "@berth/shared/fleet/schema";
import type { OperationResult } from "@berth/shared/operations/index";
import type { PhaseName } from "@berth/shared/operations/phases";
import { inPhase } from "../../runs/phases.ts";
import type { Progress } from "../progress.ts";
import { waitFor } from "../wait.ts";
import { createLxc, type Creations } from "./create.ts";
import { findLxc } from "./find.ts";
import { markerOf } from "./marker.ts";
import type { LxcConfig } from "./schemas.ts";
import { openSession, type ProxmoxSession } from "./session.ts";
import { changesOf, type LxcChanges, needsRoot, type WantedLxc } from "./specification.ts";
import { waitForTask } from "./task.ts";

const unlockMilliseconds = 300_000;
const taskMilliseconds = 180_000;

export interface EnsureOptions {
  connection: ProxmoxConnection;
  fleet: string;
  wanted: WantedLxc;
  /** Line of Berth's public SSH key, put into the LXC when it is made. */
  publicKey: string;
  creations: Creations;
  /** Called before an LXC is made: what was known of a former one (its SSH host key) no longer counts. */
  beforeCreate: () => Promise<void> | void;
}

export async function ensureLxc(options: EnsureOptions, progress: Progress): Promise<OperationResult<"lxc.ensure">> {
  const session = await openSession(options.connection, { signal: progress.signal });
  const phase = <T>(name: PhaseName, work: () => Promise<T>) =>
    inPhase(progress.phases, { name, target: options.wanted.node }, work);
  const { vmid, created } = await phase("create", () => findOrCreate(session, options, progress));
  const config = await phase("wait its turn", () => waitUntilUnlocked(session, vmid, progress));
  const marker = markerOf(options.fleet, options.wanted.node);
  const changes = changesOf(config, options.wanted, options.connection, marker);
  await phase("update", () => applyChanges(session, vmid, changes, options, progress));
  const started = await phase("start", () => ensureRunning(session, vmid, changes.restart, progress));
  return { vmid, created, started };
}

async function findOrCreate(
  session: ProxmoxSession,
  options: EnsureOptions,
  progress: Progress,
): Promise<{ vmid: number; created: boolean }> {
  const { connection, wanted, fleet, publicKey, creations } = options;
  const sought = { node: wanted.node, vmid: wanted.vmid, marker: markerOf(fleet, wanted.node) };
  const present = await findLxc(session, await session.list(), sought);
  if (present !== null) return { vmid: present.vmid, created: false };
  await options.beforeCreate();
  if (!needsRoot(wanted.features)) {
    return createLxc({ connection, wanted, sought, publicKey, session, creations }, progress);
  }
  const root = await openAsRoot(connection, wanted, progress);
  return createLxc({ connection, wanted, sought, publicKey, session: root, creations }, progress);
}

/** root@pam with its password, for the one call in which an API token may not stand in for it. */
async function openAsRoot(
  connection: ProxmoxConnection,
  wanted: WantedLxc,
  progress: Progress,
): Promise<ProxmoxSession> {
  const features = wanted.features.join(", ");
  if (connection.rootPasswordFile === undefined) {
    throw new BerthError(
      "proxmox.refused",
      `Node ${wanted.node} wants the LXC features ${features}, and Proxmox VE lets an API token set nesting only`,
      {
        hint: `Give the connection a rootPasswordFile (root@pam's password, used for this alone), or leave out what is not needed: Docker usually runs with nesting by itself.`,
      },
    );
  }
  progress.log(`As root@pam, because a token may not set the features ${features}`);
  return openSession(connection, { identity: "root", signal: progress.signal });
}

/** The configuration once no other task (backup, snapshot, migration) holds the LXC. */
async function waitUntilUnlocked(session: ProxmoxSession, vmid: number, progress: Progress): Promise<LxcConfig> {
  let told = "";
  return waitFor({
    what: `The end of the task that holds CT ${vmid}`,
    deadlineMilliseconds: unlockMilliseconds,
    intervalMilliseconds: 1000,
    signal: progress.signal,
    hint: `If no task holds it any more, run \`pct unlock ${vmid}\` on the Proxmox VE host.`,
    check: async () => {
      const config = await session.config(vmid);
      if (config.lock === undefined) return config;
      if (config.lock !== told) progress.log(`Waiting for CT ${vmid}, which another task holds (${config.lock})`);
      told = config.lock;
      return undefined;
    },
  });
}

async function applyChanges(
  session: ProxmoxSession,
  vmid: number,
  changes: LxcChanges,
  options: EnsureOptions,
  progress: Progress,
): Promise<void> {
  for (const reason of changes.reasons) progress.log(`CT ${vmid}: ${reason}`);
  if (changes.growTo !== null) {
    const upid = await session.resize(vmid, changes.growTo);
    const action = `grow the disk of CT ${vmid}`;
    if (upid !== null) await waitForTask(session, upid, { action, deadlineMilliseconds: taskMilliseconds }, progress);
  }
  if (Object.keys(changes.config).length === 0) return;
  if (changes.config["features"] === undefined || !needsRoot(options.wanted.features)) {
    await session.configure(vmid, changes.config);
    return;
  }
  const root = await openAsRoot(options.connection, options.wanted, progress);
  await root.configure(vmid, changes.config);
}

/** Starts what is stopped, restarts what must be; gives whether it was started. */
async function ensureRunning(
  session: ProxmoxSession,
  vmid: number,
  restart: boolean,
  progress: Progress,
): Promise<boolean> {
  const running = await isRunning(session, vmid);
  if (running && !restart) return false;
  const action = `${running ? "restart" : "start"} CT ${vmid}`;
  progress.log(`${running ? "Restarting" : "Starting"} CT ${vmid}`);
  try {
    const upid = running ? await session.reboot(vmid) : await session.start(vmid);
    await waitForTask(session, upid, { action, deadlineMilliseconds: taskMilliseconds }, progress);
  } catch (error) {
    progress.signal.throwIfAborted();
    // The answer may have been lost, or somebody else started it: what counts is that it runs.
    if (running || !(await isRunning(session, vmid))) throw error;
    progress.log(`CT ${vmid} runs all the same`);
  }
  return true;
}

async function isRunning(session: ProxmoxSession, vmid: number): Promise<boolean> {
  const entries = await session.list();
  return entries.some((entry) => entry.vmid === vmid && entry.status === "running");
}
