import type { ProxmoxConnection } from "@berth/shared/fleet/schema";
import type { Progress } from "../progress.ts";
import { findLxc } from "./find.ts";
import { markerOf } from "./marker.ts";
import { openSession } from "./session.ts";
import { waitForTask } from "./task.ts";

const taskMilliseconds = 180_000;

/** Destroys the node's LXC with all its data; gives its VMID, or null when there is none. Only ever Berth's own. */
export async function removeLxc(
  connection: ProxmoxConnection,
  sought: { fleet: string; node: string; vmid: number | null },
  progress: Progress,
): Promise<number | null> {
  const session = await openSession(connection, { signal: progress.signal });
  const marker = markerOf(sought.fleet, sought.node);
  const lxc = await findLxc(session, await session.list(), { ...sought, marker });
  if (lxc === null) return null;
  const finish = (upid: string, action: string): Promise<void> =>
    waitForTask(session, upid, { action, deadlineMilliseconds: taskMilliseconds }, progress);
  if (lxc.status === "running") await finish(await session.stop(lxc.vmid), `stop CT ${lxc.vmid}`);
  await finish(await session.destroy(lxc.vmid), `destroy CT ${lxc.vmid}`);
  return lxc.vmid;
}
