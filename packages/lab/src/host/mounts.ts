import { readFile } from "node:fs/promises";
import * as z from "zod";
import { runCommand, tryCommand } from "./command.ts";

/** Mount points at or below a folder, deepest first, as this mount namespace sees them. */
export function parseMountsBelow(procMounts: string, directory: string): string[] {
  return procMounts
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "")
    .map((field) =>
      field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))),
    )
    .filter((mountPoint) => mountPoint === directory || mountPoint.startsWith(`${directory}/`))
    .toSorted((left, right) => right.length - left.length);
}

export async function mountsBelow(directory: string): Promise<string[]> {
  return parseMountsBelow(await readFile("/proc/mounts", "utf8"), directory);
}

/** Unmounts everything at or below a folder; what is busy is detached and goes when its last user does. */
export async function unmountBelow(directory: string): Promise<void> {
  for (const mountPoint of await mountsBelow(directory)) {
    const outcome = await tryCommand(["umount", mountPoint]);
    if (outcome.exitCode !== 0) await runCommand(["umount", "--lazy", mountPoint]);
  }
}

const loopDevicesSchema = z.object({
  loopdevices: z.array(z.object({ name: z.string(), "back-file": z.string().nullable() })),
});

/** Loop devices whose file is at or below a folder (also when the file was deleted meanwhile). */
export async function loopDevicesBelow(directory: string): Promise<string[]> {
  const text = await runCommand(["losetup", "--json", "--list", "--output", "NAME,BACK-FILE"]);
  if (text.trim() === "") return [];
  return loopDevicesSchema
    .parse(JSON.parse(text))
    .loopdevices.filter((device) => device["back-file"]?.startsWith(`${directory}/`) === true)
    .map((device) => device.name);
}

/** Detaches every loop device whose file is below a folder. */
export async function detachLoopDevicesBelow(directory: string): Promise<void> {
  for (const device of await loopDevicesBelow(directory)) {
    const outcome = await tryCommand(["losetup", "--detach", device]);
    // An auto-clearing device may have gone by itself between the list and the call.
    if (outcome.exitCode !== 0 && (await loopDevicesBelow(directory)).includes(device)) {
      await runCommand(["losetup", "--detach", device]);
    }
  }
}
