/** Secrets as a table, and one in full. Pure; values never come here. */
import type { SecretStatus } from "@berth/shared/api/secrets";
import { printableLine } from "./printable.ts";
import type { Style } from "./style.ts";
import { properties, table } from "./table.ts";
import { count } from "./text.ts";
import { formatAge, formatDuration } from "./time.ts";

const means: Readonly<Record<NonNullable<SecretStatus["rotation"]>, string>> = {
  login: "by another login",
  superuser: "at the server",
  replace: "by replacing the instance",
  router: "beside the former one, which the router may use for another week",
  scraper: "beside the former one, which Prometheus may use for another week",
};

/** The same in a word, for the list: it has to fit into 80 columns. */
const meansInList: typeof means = {
  login: "login",
  superuser: "server",
  replace: "replace",
  router: "router",
  scraper: "scraper",
};

export function secretLines(secrets: readonly SecretStatus[], now: number, style: Style): string[] {
  if (secrets.length === 0) return ["No secrets yet. They are generated when a fleet is applied."];
  return table(
    secrets,
    [
      { title: "SECRET", value: ({ name }) => name },
      { title: "VERSION", value: ({ version }) => version, align: "right" },
      { title: "AGE", value: ({ createdAt }) => formatDuration(now - Date.parse(createdAt)), align: "right" },
      { title: "ROTATES", value: ({ rotation }) => (rotation === null ? "no" : meansInList[rotation]) },
      { title: "USED BY", value: usersInList },
    ],
    style,
  );
}

/** Their names would not fit into the line. */
function usersInList({ name, usedBy }: SecretStatus): string {
  if (usedBy.length === 0) return "";
  const isOwn = usedBy.every((instance) => name.startsWith(`${instance}/`));
  return isOwn ? "itself" : count(usedBy.length, "instance");
}

export function secretProperties(secret: SecretStatus, now: number, style: Style): string[] {
  const { name, version, createdAt, kept, rotation, note } = secret;
  return properties(
    [
      ["secret", printableLine(name)],
      ["version", kept === 1 ? String(version) : `${version}, and ${kept - 1} kept from before`],
      ["age", formatAge(createdAt, now)],
      ["used by", users(secret)],
      ["rotates", rotation === null ? `no: ${printableLine(note ?? "nothing uses it")}` : means[rotation]],
    ],
    style,
  );
}

function users({ usedBy, rotation }: SecretStatus): string {
  if (usedBy.length > 0) return printableLine(usedBy.join(", "));
  if (rotation === "router") return "the router";
  return rotation === "scraper" ? "Prometheus" : "nothing";
}
