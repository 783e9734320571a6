import type { DebianLayer, FileEntry, FilesLayer, NodeLayer } from "./definition.ts";

/** Debian release of every image: the same that upstream's PostgreSQL 17 and Redis 8 images have. */
export const debianSuite = "trixie";

const alwaysLeftOut = [
  "usr/share/{doc,man,info,locale,lintian,bug,i18n,common-licenses,bash-completion,doc-base,pixmaps}",
  "var/cache/**",
  "var/log/**",
  "var/lib/apt",
  "var/lib/dpkg/*-old",
  "etc/{hostname,resolv.conf,machine-id,.pwd.lock}",
  "etc/{passwd,group,shadow,gshadow}-",
  // A private key that would be the same in every container.
  "etc/ssl/private/*",
  "etc/ssl/certs/ssl-cert-snakeoil.pem",
] as const;

// libstdc++ is what the Node binary needs beside libc.
const basePackages = ["ca-certificates", "libstdc++6", "tini"] as const;

/** What every image stands on, so that a node pulls and unpacks it once. */
export const baseLayer: DebianLayer = { kind: "debian", packages: basePackages, leaveOut: alwaysLeftOut };

/** Node 24, for every image of a JavaScript program. */
export const nodeLayer: NodeLayer = { kind: "node", version: "24.21.0" };

/** Debian packages on top of the base. */
export function debianLayer(packages: readonly string[], leaveOut: readonly string[] = []): DebianLayer {
  return { kind: "debian", packages: [...basePackages, ...packages], leaveOut: [...alwaysLeftOut, ...leaveOut] };
}

export function filesLayer(...entries: FileEntry[]): FilesLayer {
  return { kind: "files", entries };
}
