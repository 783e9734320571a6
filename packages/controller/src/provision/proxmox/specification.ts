/** Pure: an LXC as the fleet wants it, as Proxmox VE has it, and the parameters that lead from one to the other. */
import type { ProxmoxConnection } from "@berth/shared/fleet/schema";
import { formatSize } from "@berth/shared/fleet/units";
import type { OperationInput } from "@berth/shared/operations/index";
import { type Marker, withMarkerTags } from "./marker.ts";
import { formatDiskSize, formatPropertyString, parseDiskSize, parsePropertyString } from "./property-string.ts";
import type { LxcConfig } from "./schemas.ts";

const mebibyte = 1024 ** 2;
const gibibyte = 1024 ** 3;

export type WantedLxc = OperationInput<"lxc.ensure">;

export interface ObservedLxc {
  cores: number | null;
  memoryBytes: number;
  swapBytes: number;
  diskBytes: number | null;
  features: string[];
  address: string | null;
}

export function observedLxc(config: LxcConfig): ObservedLxc {
  const features = [...parsePropertyString(config.features)].filter(([, value]) => value === "1").map(([name]) => name);
  return {
    cores: config.cores ?? null,
    memoryBytes: config.memory * mebibyte,
    swapBytes: config.swap * mebibyte,
    diskBytes: parseDiskSize(parsePropertyString(config.rootfs, "volume").get("size")),
    features: features.toSorted(),
    address: parsePropertyString(config.net0).get("ip")?.split("/")[0] ?? null,
  };
}

/** Parameters of `POST /nodes/{node}/lxc`. */
export function createParameters(
  wanted: WantedLxc,
  connection: ProxmoxConnection,
  { vmid, marker, publicKey }: { vmid: number; marker: Marker; publicKey: string },
) {
  return {
    vmid,
    ostemplate: connection.osTemplate,
    hostname: wanted.node,
    unprivileged: true,
    onboot: true,
    cores: wanted.cores,
    memory: toMebibytes(wanted.memoryBytes),
    swap: toMebibytes(wanted.swapBytes),
    rootfs: `${connection.storage}:${wanted.diskBytes / gibibyte}`,
    net0: networkInterface(wanted, connection, new Map()),
    ...(connection.nameserver === undefined ? {} : { nameserver: connection.nameserver }),
    ...(wanted.features.length === 0 ? {} : { features: featureList(wanted.features) }),
    "ssh-public-keys": publicKey,
    tags: withMarkerTags("", marker),
    description: marker.description,
  };
}

export interface LxcChanges {
  /** Parameters of `PUT …/config`; empty when nothing differs. */
  config: Record<string, string | number>;
  /** Size of the root filesystem for `PUT …/resize`, or null. */
  growTo: string | null;
  /** Features count from the next start on. */
  restart: boolean;
  /** A sentence each, for the log. */
  reasons: string[];
}

/** What has to change. A root filesystem never shrinks: one larger than wanted stays as it is. */
export function changesOf(
  config: LxcConfig,
  wanted: WantedLxc,
  connection: ProxmoxConnection,
  marker: Marker,
): LxcChanges {
  const observed = observedLxc(config);
  const changes: LxcChanges = { config: {}, growTo: null, restart: false, reasons: [] };
  const change = (key: string, value: string | number, reason: string): void => {
    changes.config[key] = value;
    changes.reasons.push(reason);
  };
  if (observed.cores !== wanted.cores) {
    change("cores", wanted.cores, `cores: ${observed.cores ?? "all"} -> ${wanted.cores}`);
  }
  if (config.memory !== toMebibytes(wanted.memoryBytes)) {
    const reason = `memory: ${formatSize(observed.memoryBytes)} -> ${formatSize(wanted.memoryBytes)}`;
    change("memory", toMebibytes(wanted.memoryBytes), reason);
  }
  if (config.swap !== toMebibytes(wanted.swapBytes)) {
    change(
      "swap",
      toMebibytes(wanted.swapBytes),
      `swap: ${formatSize(observed.swapBytes)} -> ${formatSize(wanted.swapBytes)}`,
    );
  }
  if (observed.address !== wanted.address) {
    const net0 = networkInterface(wanted, connection, parsePropertyString(config.net0));
    change("net0", net0, `address: ${observed.address ?? "none"} -> ${wanted.address}`);
  }
  const wantedFeatures = wanted.features.toSorted();
  if (observed.features.join() !== wantedFeatures.join()) {
    change(
      "features",
      featureList(wantedFeatures),
      `features: ${observed.features.join()} -> ${wantedFeatures.join()}`,
    );
    changes.restart = true;
  }
  if (!marker.isIn({ tags: config.tags }))
    change("tags", withMarkerTags(config.tags, marker), "tags: Berth's put back");
  growDisk(observed.diskBytes, wanted, changes);
  return changes;
}

/** A token may set no feature but nesting; for the others Proxmox VE wants root@pam itself. */
export function needsRoot(features: readonly string[]): boolean {
  return features.some((feature) => feature !== "nesting");
}

function growDisk(diskBytes: number | null, wanted: WantedLxc, changes: LxcChanges): void {
  if (diskBytes === null || diskBytes >= wanted.diskBytes) return;
  changes.growTo = formatDiskSize(wanted.diskBytes);
  changes.reasons.push(`disk: ${formatSize(diskBytes)} -> ${formatSize(wanted.diskBytes)}`);
}

/** net0 with the wanted address; what else is set there, such as the hardware address or a VLAN, is kept. */
function networkInterface(wanted: WantedLxc, connection: ProxmoxConnection, present: Map<string, string>): string {
  return formatPropertyString(
    new Map([
      ["name", "eth0"],
      ["bridge", connection.bridge],
      ...present,
      ["ip", `${wanted.address}/${connection.prefixLength}`],
      ...(connection.gateway === undefined ? [] : [["gw", connection.gateway] as const]),
    ]),
  );
}

function featureList(features: readonly string[]): string {
  return features
    .toSorted()
    .map((feature) => `${feature}=1`)
    .join(",");
}

function toMebibytes(bytes: number): number {
  return Math.round(bytes / mebibyte);
}
