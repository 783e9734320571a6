import { describe, expect, it } from "vitest";
import type { GuestHost, GuestSpec } from "./guest.ts";
import { coresOf, type MachineFacts, renderLxcConfig } from "./lxc-config.ts";

const host: GuestHost = {
  cgroup: "berth-lab-demo",
  namespace: "berth-lab-demo",
  guestsDirectory: "/state/guests",
  lxcfsDirectory: "/state/lxcfs",
};
const spec: GuestSpec = {
  vmid: 110,
  hostname: "shared",
  cores: 8,
  cpuLimit: 1.5,
  memoryBytes: 1024 ** 3,
  swapBytes: 0,
  network: {
    interfaceName: "eth0",
    hardwareAddress: "BC:24:11:00:00:01",
    address: "10.0.6.10/24",
    gateway: "10.0.6.1",
    isLinkDown: false,
  },
};
const version1: MachineFacts = { cgroupVersion: 1, cores: 2, countsSwap: false };

function linesOf(guest: GuestSpec, machine: MachineFacts): string[] {
  return renderLxcConfig(guest, host, machine).split("\n");
}

describe("the configuration of an LXC", () => {
  it("keeps the guest and its monitor in cgroups of the lab's own", () => {
    expect(linesOf(spec, version1)).toEqual(
      expect.arrayContaining([
        "lxc.cgroup.dir.container = berth-lab-demo/110",
        "lxc.cgroup.dir.monitor = berth-lab-demo/110.monitor",
      ]),
    );
  });

  it("gives it the network that was made for it", () => {
    expect(linesOf(spec, version1)).toEqual(
      expect.arrayContaining([
        "lxc.net.0.type = phys",
        "lxc.net.0.link = peer110i0",
        "lxc.net.0.ipv4.address = 10.0.6.10/24",
        "lxc.net.0.ipv4.gateway = 10.0.6.1",
      ]),
    );
    const { network: _none, ...offline } = spec;
    expect(linesOf(offline, version1)).toContain("lxc.net.0.type = empty");
  });

  it("writes the limits for the cgroup version that the machine has", () => {
    expect(linesOf(spec, version1).filter((line) => /memory|cpu\./.test(line) && !line.includes("mount"))).toEqual([
      "lxc.cgroup.memory.limit_in_bytes = 1073741824",
      "lxc.cgroup.cpu.cfs_quota_us = 150000",
    ]);
    const version2: MachineFacts = { cgroupVersion: 2, cores: 2, countsSwap: true };
    expect(linesOf(spec, version2).filter((line) => line.startsWith("lxc.cgroup2"))).toEqual([
      "lxc.cgroup2.memory.max = 1073741824",
      "lxc.cgroup2.memory.swap.max = 0",
      "lxc.cgroup2.cpuset.cpus = 0,1",
      "lxc.cgroup2.cpu.max = 150000 100000",
    ]);
  });
});

describe("the cores of an LXC", () => {
  it("are as many as asked for and there are, spread over the machine", () => {
    expect(coresOf({ vmid: 110, cores: 8 }, 2)).toBe("0,1");
    expect(coresOf({ vmid: 110 }, 4)).toBe("0,1,2,3");
    expect(coresOf({ vmid: 110, cores: 1 }, 2)).toBe("0");
    expect(coresOf({ vmid: 111, cores: 1 }, 2)).toBe("1");
  });
});
