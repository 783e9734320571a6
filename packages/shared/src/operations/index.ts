import type * as z from "zod";
import { agentEnsure } from "./agent-ensure.ts";
import { agentOperations, type AgentOperationKind } from "./agent.ts";
import { bucketsEnsure } from "./buckets-ensure.ts";
import { bucketsRemove } from "./buckets-remove.ts";
import { collectionsEnsure } from "./collections-ensure.ts";
import { collectionsRemove } from "./collections-remove.ts";
import { databaseEnsure } from "./database-ensure.ts";
import { databaseRemove } from "./database-remove.ts";
import { instanceRollback, instanceUpgrade } from "./instance-upgrade.ts";
import { loginsRetire } from "./logins-retire.ts";
import { lxcEnsure } from "./lxc-ensure.ts";
import { lxcRemove } from "./lxc-remove.ts";
import { modelsEnsure } from "./models-ensure.ts";
import { secretsAdopt } from "./secrets-adopt.ts";
import { secretsRemove } from "./secrets-remove.ts";
import { secretsRotate } from "./secrets-rotate.ts";
import { superuserEnsure } from "./superuser-ensure.ts";
import { tenantVerify } from "./tenant-verify.ts";
import { upgradeConclude } from "./upgrade-conclude.ts";

/** Every operation by kind. Handler maps are typed by it, so a missing handler does not compile. */
export const operations = {
  ...agentOperations,
  "lxc.ensure": lxcEnsure,
  "lxc.remove": lxcRemove,
  "agent.ensure": agentEnsure,
  "database.ensure": databaseEnsure,
  "database.remove": databaseRemove,
  "collections.ensure": collectionsEnsure,
  "collections.remove": collectionsRemove,
  "buckets.ensure": bucketsEnsure,
  "buckets.remove": bucketsRemove,
  "models.ensure": modelsEnsure,
  "instance.upgrade": instanceUpgrade,
  "instance.rollback": instanceRollback,
  "upgrade.conclude": upgradeConclude,
  "tenant.verify": tenantVerify,
  "secrets.rotate": secretsRotate,
  "secrets.adopt": secretsAdopt,
  "secrets.remove": secretsRemove,
  "logins.retire": loginsRetire,
  "superuser.ensure": superuserEnsure,
} as const;

export type Operations = typeof operations;
export type OperationKind = keyof Operations;
// Maps of plain types: for a K that is not known yet, the compiler would compare zod's own types, which takes minutes.
interface OperationValues {
  input: { [K in OperationKind]: z.output<Operations[K]["input"]> };
  result: { [K in OperationKind]: z.output<Operations[K]["result"]> };
}
export type OperationInput<K extends OperationKind> = OperationValues["input"][K];
export type OperationResult<K extends OperationKind> = OperationValues["result"][K];

export const operationKinds = Object.keys(operations) as [OperationKind, ...OperationKind[]];

export function isAgentOperation(kind: OperationKind): kind is AgentOperationKind {
  return kind in agentOperations;
}
