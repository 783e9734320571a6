/** The addresses of this machine. */
import { networkInterfaces } from "node:os";

/** Those that somebody on another machine may reach this one by. */
export function ownAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith("fe80:"))
    .map(({ address }) => address);
}
