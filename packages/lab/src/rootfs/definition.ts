import { createHash } from "node:crypto";
import { bridge } from "../network/namespace.ts";

/** A template: a small Debian that LXCs are made from, as Proxmox VE's own templates are. */
export interface TemplateDefinition {
  /** File name under Proxmox VE's `local:vztmpl/`. */
  fileName: string;
  suite: string;
  packages: readonly string[];
  /** Packages that an LXC is to find, with all they depend on, in the lab's package mirror. */
  mirrored?: readonly string[];
  /** Bytes of the file system while it is being filled; it is shrunk to its content afterwards. */
  buildBytes: number;
  /** Raised when the way a template is built changes, so that caches notice. */
  revision: number;
}

/** What a minimal Debian LXC template has; the agent brings its own Node runtime and needs nothing more. */
const basePackages = [
  "systemd",
  "systemd-sysv",
  "dbus",
  "libpam-systemd",
  "openssh-server",
  "iptables",
  "nftables",
  "iproute2",
  "iputils-ping",
  "curl",
  "ca-certificates",
  "procps",
  "xz-utils",
] as const;

const gib = 1024 ** 3;

/** The template the demo and most tests use: Docker is in it already. */
export const dockerTemplate: TemplateDefinition = {
  fileName: "debian-12-standard_12.7-1_amd64.tar.zst",
  suite: "bookworm",
  packages: [...basePackages, "docker.io"],
  buildBytes: 2 * gib,
  revision: 1,
};

/** A template without Docker and nftables, to test that they are installed where they are absent. Made only when a lab asks for it. */
export const plainTemplate: TemplateDefinition = {
  fileName: "debian-12-minimal_12.7-1_amd64.tar.zst",
  suite: "bookworm",
  packages: basePackages.filter((name) => name !== "iptables" && name !== "nftables"),
  mirrored: ["docker.io", "iptables", "nftables", "ca-certificates"],
  buildBytes: 2 * gib,
  revision: 1,
};

/** Every template that the lab's storage `local` may hold. */
export const templates: readonly TemplateDefinition[] = [dockerTemplate, plainTemplate];

/** Where LXCs of the plain template get packages from: inside the lab, since nothing of it has internet. */
export const packageMirror = { host: bridge.address, port: 3142 } as const;

/** Volume id by which the Proxmox VE API names a template. */
export function templateVolume(definition: TemplateDefinition): string {
  return `local:vztmpl/${definition.fileName}`;
}

/** Changes whenever the template would come out differently. */
export function templateHash(definition: TemplateDefinition): string {
  return createHash("sha256").update(JSON.stringify(definition)).digest("hex").slice(0, 16);
}
