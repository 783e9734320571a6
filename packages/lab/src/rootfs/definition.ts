import { createHash } from "node:crypto";

/** A template: a small Debian that LXCs are made from, as Proxmox VE's own templates are. */
export interface TemplateDefinition {
  /** File name under Proxmox VE's `local:vztmpl/`. */
  fileName: string;
  suite: string;
  packages: readonly string[];
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
  "iproute2",
  "iputils-ping",
  "curl",
  "ca-certificates",
  "procps",
  "xz-utils",
] as const;

/** The template the demo and the tests use: Docker is in it already. */
export const dockerTemplate: TemplateDefinition = {
  fileName: "debian-12-standard_12.7-1_amd64.tar.zst",
  suite: "bookworm",
  packages: [...basePackages, "docker.io"],
  buildBytes: 2 * 1024 ** 3,
  revision: 1,
};

/** Volume id by which the Proxmox VE API names a template. */
export function templateVolume(definition: TemplateDefinition): string {
  return `local:vztmpl/${definition.fileName}`;
}

/** Changes whenever the template would come out differently. */
export function templateHash(definition: TemplateDefinition): string {
  return createHash("sha256").update(JSON.stringify(definition)).digest("hex").slice(0, 16);
}

/** Every template that the lab's storage `local` lists. */
export const templates: readonly TemplateDefinition[] = [dockerTemplate];
