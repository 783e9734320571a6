import { expect } from "vitest";
import type { Lab } from "../src/state.ts";
import type { ProxmoxClient } from "./proxmox-client.ts";
import type { SshKey } from "./ssh.ts";

export interface PlainGuest {
  vmid: number;
  hostname: string;
  address: string;
}

/** Makes and starts an LXC with systemd and an SSH server, and nothing of Docker or Berth; returns once the key lets in. */
export async function makePlainGuest(
  lab: Lab,
  client: ProxmoxClient,
  key: SshKey,
  { vmid, hostname, address }: PlainGuest,
): Promise<void> {
  const created = await client.perform("POST", "/nodes/pve/lxc", {
    vmid,
    ostemplate: lab.proxmox.plainTemplate ?? "",
    hostname,
    memory: 1024,
    rootfs: "local-lvm:4",
    net0: `name=eth0,bridge=vmbr0,ip=${address}/24,gw=10.0.6.1`,
    features: "nesting=1",
    "ssh-public-keys": key.publicKey,
  });
  expect(created).toBe("OK");
  expect(await client.perform("POST", `/nodes/pve/lxc/${vmid}/status/start`)).toBe("OK");
  await key.waitForLogin(lab, address);
}
