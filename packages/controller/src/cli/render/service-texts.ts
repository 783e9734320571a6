/** Rules of a service in words. Pure. */
import type { Health, Need, SecretRule, Service } from "@berth/shared/catalog/schema";

export function needTexts(need: Need): string[] {
  switch (need.kind) {
    case "database":
      return [`a database in postgres${need.extensions.length === 0 ? "" : ` with ${need.extensions.join(", ")}`}`];
    case "collections":
      return [`collections in qdrant: ${need.collections.map(({ name }) => name).join(", ")}`];
    case "buckets":
      return [`buckets in minio: ${need.buckets.join(", ")}`];
    case "service":
      return [`${need.service}, healthy before it starts`];
    default:
      return [];
  }
}

export function healthText({ http, command = [], intervalSeconds, startPeriodSeconds, failures }: Health): string[] {
  const asked = http === undefined ? command.join(" ") : `GET :${http.port}${http.path}`;
  const unhealthy = failures === 1 ? "at the first failure" : `after ${failures} failures in a row`;
  return [
    asked,
    `every ${duration(intervalSeconds)}; has ${duration(startPeriodSeconds)} to start; unhealthy ${unhealthy}`,
  ];
}

export function secretText(rule: SecretRule): string {
  if ("token" in rule) {
    const claims = Object.entries(rule.token.claims).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
    return `JSON Web Token, signed with ${rule.token.signedWith}${claims.length === 0 ? "" : `; ${claims.join(", ")}`}`;
  }
  return rule.alphabet === "hex" ? `${rule.length} hexadecimal digits` : `${rule.length} letters and digits`;
}

const methods = {
  none: "nothing that could not be made again",
  volumes: "its volumes",
  postgres: "a dump of each database",
  qdrant: "a snapshot of each collection",
  buckets: "its buckets",
  neo4j: "a dump of its databases",
} as const satisfies Record<Service["backup"]["method"], string>;

export function backupText({ backup: { method, stop, note } }: Service): string[] {
  const running = stop ? "stopped meanwhile" : "while it runs";
  return [method === "none" ? methods.none : `${methods[method]}, ${running}`, ...(note === undefined ? [] : [note])];
}

export function upgradeTexts({ upgrade: { skipMinor, oneWay, sideBySide, major, notes } }: Service): string[] {
  const rules = [
    ...(skipMinor ? [] : ["through each minor version in turn"]),
    ...(oneWay ? ["one way: what a new version has migrated, an older one cannot read; a backup brings it back"] : []),
    ...(major === undefined ? [] : [`major versions: ${major}`]),
  ];
  return [
    ...(rules.length === 0 ? ["to any version, and back"] : rules),
    ...(sideBySide ? ["without a gap: another one answers beside it while it is exchanged"] : []),
    ...(notes === undefined ? [] : [notes]),
  ];
}

function duration(seconds: number): string {
  return seconds >= 120 && seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}
