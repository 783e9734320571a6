/** How an operation reads, the same in the CLI and on the page: `create instance user1-n8n`, `pull image docker.io/…`. Pure. */
import { shortDigests } from "../catalog/version-digest.ts";
import type { Change } from "./plan.ts";

/** What the words are made of; an operation of a plan and a step of a run have it. */
export interface OperationWords {
  kind: string;
  change: Change;
  target: string;
}

const nouns: Readonly<Record<string, string>> = {
  lxc: "LXC",
  agent: "agent",
  database: "database",
  image: "image",
  instance: "instance",
  collections: "collections of",
  buckets: "buckets of",
  models: "models of",
  firewall: "firewall of",
  tenant: "tenant",
  secrets: "secrets of",
  logins: "former logins of",
  superuser: "superuser of",
  backup: "data of",
  repository: "backups of",
  checkpoint: "checkpoint of",
  upgrade: "upgrade of",
};

/** `create instance user1-n8n` */
export function operationTitle({ kind, change, target }: OperationWords): string {
  return `${operationAction({ kind, change })} ${shortDigests(target)}`;
}

/** The title without what it concerns: `create instance`. */
export function operationAction({ kind, change }: Omit<OperationWords, "target">): string {
  return `${operationVerb(kind, change)} ${operationNoun(kind)}`;
}

/** The noun of a kind: `instance.ensure` -> `instance`. */
function operationNoun(kind: string): string {
  const subject = kind.slice(0, Math.max(0, kind.lastIndexOf(".")));
  return nouns[subject] ?? (subject === "" ? kind : subject);
}

function operationVerb(kind: string, change: Change): string {
  if (kind === "upgrade.conclude") return "conclude";
  if (kind === "instance.rollback") return "keep or roll back";
  if (kind === "backup.drill") return "prove";
  if (change === "backup") return "back up";
  if (change !== "create") return change;
  if (kind === "image.ensure" || kind === "models.ensure") return "pull";
  return kind === "agent.ensure" ? "install" : "create";
}
