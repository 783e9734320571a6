import { runCommand, tryCommand } from "../host/command.ts";
import { bridge } from "./namespace.ts";

/** Proxmox VE's name for the host's end of a guest's net0. */
export function hostLinkName(vmid: number): string {
  return `veth${vmid}i0`;
}

/** The other end, until it is moved into the guest and becomes its eth0. */
export function guestLinkName(vmid: number): string {
  return `peer${vmid}i0`;
}

/** Makes a fresh veth pair with one end on the bridge. lxc-start moves the other end into the guest. */
export async function createGuestLink(namespace: string, vmid: number, hardwareAddress: string): Promise<void> {
  const hostLink = hostLinkName(vmid);
  const guestLink = guestLinkName(vmid);
  await removeGuestLink(namespace, vmid);
  const ip = (...parameters: string[]): Promise<string> => runCommand(["ip", "-netns", namespace, ...parameters]);
  await ip("link", "add", hostLink, "type", "veth", "peer", "name", guestLink, "address", hardwareAddress);
  await ip("link", "set", "dev", hostLink, "master", bridge.name, "up");
}

/** Removes the pair; does nothing when it is not there. */
export async function removeGuestLink(namespace: string, vmid: number): Promise<void> {
  const hostLink = hostLinkName(vmid);
  const present = await tryCommand(["ip", "-netns", namespace, "link", "show", "dev", hostLink]);
  if (present.exitCode === 0) await runCommand(["ip", "-netns", namespace, "link", "delete", "dev", hostLink]);
}

/** Pulls the plug of a guest, or puts it back. The guest sees its carrier go. */
export async function setGuestLink(namespace: string, vmid: number, state: "up" | "down"): Promise<void> {
  await runCommand(["ip", "-netns", namespace, "link", "set", "dev", hostLinkName(vmid), state]);
}
