import type { GuestHost, GuestSpec } from "../containers/guest.ts";
import { guestInit } from "../containers/lifecycle.ts";
import type { AccessControl } from "./access.ts";
import { isTrue, parseNetwork } from "./formats.ts";
import type { GuestConfig } from "./guest-options.ts";
import type { GuestStore } from "./guest-store.ts";
import type { TaskRunner } from "./tasks.ts";

export interface TemplateVolume {
  /** "local:vztmpl/NAME" */
  volume: string;
  image: string;
}

/** Everything that the API's endpoints work with. */
export interface ApiContext {
  node: string;
  stateDirectory: string;
  access: AccessControl;
  guests: GuestStore;
  tasks: TaskRunner;
  host: GuestHost;
  /** Those that the lab holds right now. */
  listTemplates: () => Promise<TemplateVolume[]>;
}

export const templateStorage = "local";
export const diskStorage = "local-lvm";

export async function isGuestRunning(context: ApiContext, vmid: number): Promise<boolean> {
  return (await guestInit(context.host, vmid)) !== undefined;
}

const mib = 1024 ** 2;

/** A guest's configuration in the plain units that the containers are made from. */
export function specOf(vmid: number, config: GuestConfig): GuestSpec {
  const network = config.net0 === undefined ? undefined : parseNetwork(config.net0);
  const address = network?.get("ip");
  const gateway = network?.get("gw");
  return {
    vmid,
    hostname: config.hostname,
    ...(config.cores === undefined ? {} : { cores: config.cores }),
    ...(config.cpulimit === undefined || config.cpulimit === 0 ? {} : { cpuLimit: config.cpulimit }),
    memoryBytes: config.memory * mib,
    swapBytes: config.swap * mib,
    ...(network === undefined
      ? {}
      : {
          network: {
            interfaceName: network.get("name") ?? "eth0",
            hardwareAddress: network.get("hwaddr") ?? "",
            // There is no DHCP server in the lab; like with "manual", the guest is left without an address.
            ...(address?.includes("/") === true ? { address } : {}),
            ...(gateway === undefined ? {} : { gateway }),
            isLinkDown: isTrue(network.get("link_down")),
          },
        }),
    ...(config.nameserver === undefined ? {} : { nameserver: config.nameserver }),
    ...(config.searchdomain === undefined ? {} : { searchDomain: config.searchdomain }),
  };
}
