/** Proxmox VE's property strings: `local-lvm:vm-110-disk-0,size=20G`, `name=eth0,bridge=vmbr0,ip=10.0.6.11/24`. */

/** The part without a key, of which there is one at most, goes under `defaultKey`. */
export function parsePropertyString(text: string, defaultKey = ""): Map<string, string> {
  const properties = new Map<string, string>();
  for (const part of text.split(",")) {
    if (part === "") continue;
    const at = part.indexOf("=");
    if (at === -1) properties.set(defaultKey, part);
    else properties.set(part.slice(0, at), part.slice(at + 1));
  }
  return properties;
}

export function formatPropertyString(properties: Iterable<readonly [string, string | undefined]>): string {
  return [...properties].flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${value}`])).join(",");
}

const unitBytes: Record<string, number> = { "": 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };

/** `20G` -> 21474836480; null for what is no size. */
export function parseDiskSize(text: string | undefined): number | null {
  const match = /^(\d+(?:\.\d+)?)([KMGT]?)$/.exec(text ?? "");
  const factor = unitBytes[match?.[2] ?? ""];
  return match?.[1] === undefined || factor === undefined ? null : Math.round(Number(match[1]) * factor);
}

/** 21474836480 -> `20G`, the largest unit that keeps it whole; parts of a KiB are rounded up. */
export function formatDiskSize(bytes: number): string {
  for (const unit of ["T", "G", "M"]) {
    const factor = unitBytes[unit] ?? 1;
    if (bytes >= factor && bytes % factor === 0) return `${bytes / factor}${unit}`;
  }
  return `${Math.ceil(bytes / 1024)}K`;
}
