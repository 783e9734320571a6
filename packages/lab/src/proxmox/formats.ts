import { randomInt } from "node:crypto";
import { parameterFailure } from "./failures.ts";

/** Proxmox VE's "property string": `key=value,key=value`, where one key may stand without its name. */
export function parsePropertyString(value: string, defaultKey?: string): Map<string, string> {
  const properties = new Map<string, string>();
  for (const part of value.split(",")) {
    const equals = part.indexOf("=");
    if (equals === -1 && defaultKey !== undefined && !properties.has(defaultKey)) properties.set(defaultKey, part);
    else properties.set(part.slice(0, equals), part.slice(equals + 1));
  }
  return properties;
}

export function printPropertyString(properties: ReadonlyMap<string, string>, leading?: string): string {
  const entries = [...properties].toSorted(([left], [right]) => (left < right ? -1 : 1));
  const named = entries.filter(([key]) => key !== leading).map(([key, value]) => `${key}=${value}`);
  const first = leading === undefined ? undefined : properties.get(leading);
  return [...(first === undefined ? [] : [first]), ...named].join(",");
}

const octet = "(25[0-5]|2[0-4]\\d|1?\\d?\\d)";
const ipv4 = `${octet}(\\.${octet}){3}`;
const boolean = /^(0|1|on|off|yes|no|true|false)$/;

const netFormat: Record<string, RegExp> = {
  name: /^[-_.\w]+$/,
  bridge: /^[-_.\w]+$/,
  hwaddr: /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i,
  mtu: /^\d+$/,
  ip: new RegExp(`^(${ipv4}/\\d{1,2}|dhcp|manual)$`),
  gw: new RegExp(`^${ipv4}$`),
  ip6: /^([0-9a-f:.]+\/\d{1,3}|auto|dhcp|manual)$/i,
  gw6: /^[0-9a-f:.]+$/i,
  firewall: boolean,
  tag: /^\d+$/,
  trunks: /^\d+(;\d+)*$/,
  rate: /^\d+(\.\d+)?$/,
  link_down: boolean,
  "host-managed": boolean,
  type: /^veth$/,
};

const featureFormat: Record<string, RegExp> = {
  nesting: boolean,
  keyctl: boolean,
  fuse: boolean,
  mknod: boolean,
  force_rw_sys: boolean,
  mount: /^[\w; ]+$/,
};

function parseChecked(
  parameter: string,
  value: string,
  format: Record<string, RegExp>,
  required: readonly string[],
): Map<string, string> {
  const properties = parsePropertyString(value);
  const complaints: string[] = [];
  for (const [key, given] of properties) {
    const pattern = format[key];
    if (pattern === undefined) {
      complaints.push(
        `${parameter}.${key}: property is not defined in schema and the schema does not allow additional properties`,
      );
    } else if (!pattern.test(given)) {
      complaints.push(`${parameter}.${key}: invalid format - value '${given}' is not allowed here`);
    }
  }
  for (const key of required) {
    if (!properties.has(key)) complaints.push(`${parameter}.${key}: property is missing and it is not optional`);
  }
  if (complaints.length > 0) {
    throw parameterFailure({ [parameter]: `invalid format - format error\n${complaints.join("\n")}\n` });
  }
  return properties;
}

/** Reads `net0`. A missing hardware address is drawn from Proxmox VE's own range. */
export function parseNetwork(value: string, parameter = "net0"): Map<string, string> {
  const properties = parseChecked(parameter, value, netFormat, ["name"]);
  if (!properties.has("hwaddr")) properties.set("hwaddr", randomHardwareAddress());
  properties.set("type", "veth");
  return properties;
}

function randomHardwareAddress(): string {
  const tail = Array.from({ length: 3 }, () => randomInt(256).toString(16).padStart(2, "0"));
  return ["BC", "24", "11", ...tail].join(":").toUpperCase();
}

export function parseFeatures(value: string): Map<string, string> {
  return parseChecked("features", value, featureFormat, []);
}

export function isTrue(value: string | undefined): boolean {
  return value !== undefined && /^(1|on|yes|true)$/.test(value);
}

const gib = 1024 ** 3;

export interface NewVolume {
  storage: string;
  bytes: number;
}

/** Reads `rootfs` of a new guest: "local-lvm:20", or a bare number of GiB. */
export function parseNewRootfs(value: string, defaultStorage: string): NewVolume {
  const volume = parsePropertyString(value, "volume").get("volume") ?? "";
  const match = /^(?:([A-Za-z][\w.-]*):)?(\d+(?:\.\d+)?)$/.exec(volume);
  if (match === null) {
    const complaint = `rootfs.volume: invalid format - unable to parse volume ID '${volume}'`;
    throw parameterFailure({ rootfs: `invalid format - format error\n${complaint}\n` });
  }
  return { storage: match[1] ?? defaultStorage, bytes: Math.round(Number(match[2]) * gib) };
}

const units: Record<string, number> = { "": 1, K: 1024, M: 1024 ** 2, G: gib, T: 1024 ** 4 };

/** "20G" -> bytes. */
export function parseSize(value: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([KMGT]?)$/.exec(value);
  return match === null ? undefined : Math.round(Number(match[1]) * (units[match[2] ?? ""] ?? 1));
}

/** Bytes -> "20G", in the largest unit that divides them. */
export function printSize(bytes: number): string {
  for (const unit of ["T", "G", "M", "K"] as const) {
    const size = units[unit] ?? 1;
    if (bytes % size === 0 && bytes >= size) return `${bytes / size}${unit}`;
  }
  return String(bytes);
}
