import type { Caller } from "./access.ts";
import { permissionFailure } from "./failures.ts";
import { parseFeatures, parsePropertyString } from "./formats.ts";
import type { GuestConfig, GuestOptions } from "./guest-options.ts";

/** What somebody wants to change about a guest. */
export interface Modification {
  vmid: number;
  /** Undefined while the guest is being created. */
  oldConfig: GuestConfig | undefined;
  newOptions: GuestOptions;
  deleted: readonly string[];
  unprivileged: boolean;
}

const privilegeOfOption: Record<string, string> = {
  cores: "VM.Config.CPU",
  cpulimit: "VM.Config.CPU",
  cpuunits: "VM.Config.CPU",
  memory: "VM.Config.Memory",
  swap: "VM.Config.Memory",
  rootfs: "VM.Config.Disk",
  hostname: "VM.Config.Network",
  nameserver: "VM.Config.Network",
  net0: "VM.Config.Network",
  searchdomain: "VM.Config.Network",
};

/**
 * Proxmox VE's check_ct_modify_config_perm: only exactly root@pam, and no token of it, may set features other than
 * nesting, features of privileged guests, hook scripts, devices and bind mounts.
 */
export function checkModifyPermission(caller: Caller, modification: Modification): void {
  if (caller.isRoot) return;
  const guest = `/vms/${modification.vmid}`;
  const changed = Object.entries(modification.newOptions).flatMap(([name, value]) =>
    value === undefined ? [] : [name],
  );
  for (const name of [...changed, ...modification.deleted]) {
    switch (name) {
      case "features":
        checkFeatures(caller, modification);
        break;
      case "hookscript":
        throw permissionFailure("changing the hookscript is only allowed for root@pam");
      case "dev0":
        throw permissionFailure("configuring device passthrough is only allowed for root@pam");
      case "mp0":
        checkMountPoint(modification.newOptions.mp0);
        caller.require(guest, "VM.Config.Disk");
        break;
      case "net0":
        caller.require(guest, "VM.Config.Network");
        checkBridge(caller, modification.newOptions.net0);
        break;
      default:
        caller.require(guest, privilegeOfOption[name] ?? "VM.Config.Options");
    }
  }
}

function checkFeatures(caller: Caller, modification: Modification): void {
  if (!modification.unprivileged) {
    throw permissionFailure("changing feature flags for privileged container is only allowed for root@pam");
  }
  const before = parseFeatures(modification.oldConfig?.features ?? "nesting=0");
  const after = parseFeatures(modification.newOptions.features ?? "nesting=0");
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
    (feature) => (before.get(feature) ?? "") !== (after.get(feature) ?? ""),
  );
  if (changed.some((feature) => feature !== "nesting")) {
    throw permissionFailure("changing feature flags (except nesting) is only allowed for root@pam");
  }
  if (changed.includes("nesting")) caller.require(`/vms/${modification.vmid}`, "VM.Allocate");
}

function checkMountPoint(value: string | undefined): void {
  const volume = value === undefined ? "" : (parsePropertyString(value, "volume").get("volume") ?? "");
  if (volume.startsWith("/")) throw permissionFailure("mount point type bind is only allowed for root@pam");
}

function checkBridge(caller: Caller, net0: string | undefined): void {
  const bridge = net0 === undefined ? undefined : parsePropertyString(net0).get("bridge");
  if (bridge !== undefined) caller.require(`/sdn/zones/localnetwork/${bridge}`, "SDN.Use");
}
