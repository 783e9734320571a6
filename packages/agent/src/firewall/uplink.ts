/** Interfaces by which the node reaches other networks, of /proc/net/route. */
import { readFile } from "node:fs/promises";
import { BerthError } from "@berth/shared/errors";

const anywhere = "00000000";

/** Interfaces with a default route. Pure. */
export function parseUplinks(routes: string): string[] {
  const fields = routes.split("\n").map((line) => line.split("\t"));
  return [...new Set(fields.flatMap(([name, destination]) => (destination === anywhere && name ? [name] : [])))];
}

/** The firewall takes what comes from Docker's bridges for the node's own containers: no uplink may be called so. */
export async function refuseContainerUplink(proc = "/proc"): Promise<void> {
  for (const name of parseUplinks(await readFile(`${proc}/self/net/route`, "utf8"))) {
    if (!/^(?:docker0$|br-)/.test(name)) continue;
    throw new BerthError("host.unsupported", `The node's uplink ${name} has a name of Docker's own bridges.`, {
      hint: "Its firewall could not tell it from them: give the bridge another name, such as br0.",
    });
  }
}
