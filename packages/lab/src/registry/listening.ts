import { readFile } from "node:fs/promises";

const listenState = "0A";

/** Whether /proc/net/tcp shows a socket that listens on this port, on any address. */
export function listensOn(procNetTcp: string, port: number): boolean {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  return procNetTcp.split("\n").some((line) => {
    const [, local, , state] = line.trim().split(/\s+/);
    return state === listenState && local?.split(":")[1] === wanted;
  });
}

/** The TCP sockets of the network namespace that a process lives in, so that nobody has to dial into it. */
export async function socketsOf(pid: number): Promise<string> {
  return (await Promise.all(["tcp", "tcp6"].map((table) => readFile(`/proc/${pid}/net/${table}`, "utf8")))).join("\n");
}
