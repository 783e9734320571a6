import { startGuest, stopGuest } from "../containers/lifecycle.ts";
import { bridge } from "../network/namespace.ts";
import { type ApiContext, isGuestRunning, specOf } from "./context.ts";
import { failure } from "./failures.ts";
import { parseNetwork } from "./formats.ts";
import { checkNotLocked } from "./guest-store.ts";

/** The work of the task `vzstart`. */
export function performStart(context: ApiContext, vmid: number): Promise<void> {
  return context.guests.withLock(vmid, async () => {
    const record = await context.guests.load(vmid);
    checkNotLocked(record);
    if (record.config.template === true) throw failure("you can't start a CT if it's a template");
    const wanted = record.config.net0 === undefined ? undefined : parseNetwork(record.config.net0).get("bridge");
    if (wanted !== undefined && wanted !== bridge.name) throw failure(`bridge '${wanted}' does not exist`);
    await startGuest(context.host, specOf(vmid, record.config));
  });
}

/** The work of the task `vzstop`: at once. */
export function performStop(context: ApiContext, vmid: number): Promise<void> {
  return context.guests.withLock(vmid, async () => {
    checkNotLocked(await context.guests.load(vmid));
    if (!(await stopGuest(context.host, vmid, { kill: true }))) throw failure("container did not stop");
  });
}

export interface ShutdownOptions {
  timeoutSeconds: number;
  forceStop: boolean;
}

/** The work of the task `vzshutdown`: asks init to shut down and waits. */
export function performShutdown(context: ApiContext, vmid: number, options: ShutdownOptions): Promise<void> {
  return context.guests.withLock(vmid, async () => {
    checkNotLocked(await context.guests.load(vmid));
    const hasStopped = await stopGuest(context.host, vmid, {
      kill: false,
      timeoutSeconds: options.timeoutSeconds,
      killAfterwards: options.forceStop,
    });
    if (!hasStopped) throw failure("container did not stop");
  });
}

/** The work of the task `vzreboot`: shuts down and starts again, which applies what was changed meanwhile. */
export async function performReboot(context: ApiContext, vmid: number, timeoutSeconds: number): Promise<void> {
  await performShutdown(context, vmid, { timeoutSeconds, forceStop: false });
  await performStart(context, vmid);
}

export async function requireRunning(context: ApiContext, vmid: number): Promise<void> {
  await context.guests.load(vmid);
  if (!(await isGuestRunning(context, vmid))) throw failure(`CT ${vmid} not running`);
}
