import { availableParallelism } from "node:os";
import { type CgroupVersion, cgroupVersion } from "../host/cgroups.ts";
import { isPresent } from "../host/files.ts";
import { guestLinkName } from "../network/guest-link.ts";
import { type GuestHost, type GuestSpec, guestCgroup, guestPaths } from "./guest.ts";

/** What the machine offers, which shapes how limits are written. */
export interface MachineFacts {
  cgroupVersion: CgroupVersion;
  cores: number;
  /** Whether the kernel counts swap per cgroup (on v1 a boot option). */
  countsSwap: boolean;
}

/** Looks at the machine that the guests share. */
export async function readMachineFacts(): Promise<MachineFacts> {
  const version = await cgroupVersion();
  const countsSwap = version === 2 || (await isPresent("/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes"));
  return { cgroupVersion: version, cores: availableParallelism(), countsSwap };
}

const virtualProcFiles = ["cpuinfo", "diskstats", "loadavg", "meminfo", "stat", "swaps", "uptime"] as const;
const cfsPeriodMicroseconds = 100_000;

/**
 * The configuration file that lxc-start reads.
 * Proxmox VE's LXCs are unprivileged by default (user namespace, AppArmor, seccomp). These are privileged with every
 * capability, because a nested Docker engine must work on whatever machine the lab happens to run on.
 */
export function renderLxcConfig(spec: GuestSpec, host: GuestHost, machine: MachineFacts): string {
  const paths = guestPaths(host.guestsDirectory, spec.vmid);
  const cgroup = guestCgroup(host, spec.vmid);
  const entries: [key: string, value: string][] = [
    ["lxc.arch", "linux64"],
    ["lxc.uts.name", spec.hostname],
    // LXC mounts the image inside the guest's own mount namespace: the mount and its loop device go when the guest does.
    ["lxc.rootfs.path", `loop:${paths.disk}`],
    ["lxc.rootfs.mount", paths.mountPoint],
    ["lxc.rootfs.options", "noatime,nobarrier,discard"],
    ["lxc.autodev", "1"],
    ["lxc.tty.max", "0"],
    ["lxc.pty.max", "1024"],
    ["lxc.signal.halt", "SIGRTMIN+3"],
    ["lxc.mount.auto", "proc:rw sys:rw cgroup:rw:force"],
    ...virtualProcFiles.map((file): [string, string] => [
      "lxc.mount.entry",
      `${host.lxcfsDirectory}/proc/${file} proc/${file} none bind,optional 0 0`,
    ]),
    ["lxc.apparmor.profile", "unconfined"],
    ["lxc.cap.drop", ""],
    ["lxc.cgroup.dir.monitor", cgroup.monitor],
    ["lxc.cgroup.dir.container", cgroup.guest],
    ...networkEntries(spec),
    ...limitEntries(spec, machine),
  ];
  return entries.map(([key, value]) => `${key} = ${value}\n`).join("");
}

function networkEntries(spec: GuestSpec): [string, string][] {
  const { network } = spec;
  if (network === undefined) return [["lxc.net.0.type", "empty"]];
  return [
    // "phys" takes an interface of this namespace as it is. With "veth", lxc-start would look for the bridge in the
    // main namespace's sysfs and not find it.
    ["lxc.net.0.type", "phys"],
    ["lxc.net.0.link", guestLinkName(spec.vmid)],
    ["lxc.net.0.name", network.interfaceName],
    ["lxc.net.0.flags", "up"],
    ...(network.address === undefined ? [] : [["lxc.net.0.ipv4.address", network.address] as [string, string]]),
    ...(network.gateway === undefined ? [] : [["lxc.net.0.ipv4.gateway", network.gateway] as [string, string]]),
  ];
}

/** Keys and values that limit memory, swap and CPU. */
export function limitEntries(spec: GuestSpec, machine: MachineFacts): [string, string][] {
  const cores = coresOf(spec, machine.cores);
  const quota = spec.cpuLimit === undefined ? undefined : Math.round(spec.cpuLimit * cfsPeriodMicroseconds);
  if (machine.cgroupVersion === 2) {
    return [
      ["lxc.cgroup2.memory.max", String(spec.memoryBytes)],
      ["lxc.cgroup2.memory.swap.max", String(spec.swapBytes)],
      ["lxc.cgroup2.cpuset.cpus", cores],
      ...(quota === undefined
        ? []
        : [["lxc.cgroup2.cpu.max", `${quota} ${cfsPeriodMicroseconds}`] as [string, string]]),
    ];
  }
  return [
    ["lxc.cgroup.devices.allow", "a"],
    ["lxc.cgroup.memory.limit_in_bytes", String(spec.memoryBytes)],
    ...(machine.countsSwap
      ? [["lxc.cgroup.memory.memsw.limit_in_bytes", String(spec.memoryBytes + spec.swapBytes)] as [string, string]]
      : []),
    ["lxc.cgroup.cpuset.cpus", cores],
    ...(quota === undefined ? [] : [["lxc.cgroup.cpu.cfs_quota_us", String(quota)] as [string, string]]),
  ];
}

/** As many cores as asked for, up to what the machine has; small guests are spread by their id. */
export function coresOf(spec: Pick<GuestSpec, "vmid" | "cores">, machineCores: number): string {
  const count = Math.min(spec.cores ?? machineCores, machineCores);
  return Array.from({ length: count }, (_, index) => (spec.vmid + index) % machineCores)
    .toSorted((left, right) => left - right)
    .join(",");
}
