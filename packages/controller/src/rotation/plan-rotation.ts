/** The run that gives an instance new secrets: first the store, then the instance, and only then the end of the old. Pure. */
import type { GeneratedSecret } from "@berth/shared/catalog/schema";
import type { OperationInput } from "@berth/shared/operations/index";
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import type { Desired } from "../plan/desired.ts";
import { operationId } from "../plan/identify.ts";
import { secretReferences } from "../plan/secret-reference.ts";
import { isReadersToken, type RotationMeans } from "./secret-uses.ts";

export interface RotatedSecret {
  name: string;
  /** The one that it gets. */
  version: number;
  means: RotationMeans;
  rule: GeneratedSecret;
}

/** `after` is what the fleet comes to with the new versions. */
export function planRotation(instance: string, secrets: readonly RotatedSecret[], after: Desired): PlannedOperation[] {
  if (secrets.every(({ means }) => isReadersToken(means))) return planReaders(instance, secrets, after);
  const spec = after.instances.find((desired) => desired.spec.instance === instance)?.spec;
  if (spec === undefined) return [];
  const { node } = spec;
  const rotate = generate(instance, node, secrets);
  if (secrets.every(({ means }) => means === "superuser")) return [rotate, superuser(instance, node, rotate.id)];
  const need = secrets.some(({ means }) => means === "login") ? databaseOf(instance, after) : undefined;
  const serverNode = after.instances.find((desired) => desired.spec.instance === need?.server)?.spec.node ?? node;
  const database = need === undefined ? [] : [databaseEnsure(need, serverNode, rotate.id)];
  const replaced = replacement(spec, secrets, [rotate.id, ...database.map(({ id }) => id)]);
  const retire = need === undefined ? [] : [retireLogins(need, serverNode, replaced.id)];
  return [rotate, ...database, replaced, ...retire];
}

/** The token gets a new value, and whichever instances read with it take that; the former one is good meanwhile. */
function planReaders(scope: string, secrets: readonly RotatedSecret[], after: Desired): PlannedOperation[] {
  const rotate = generate(scope, null, secrets);
  const names = new Set(secrets.map(({ name }) => name));
  const readers = after.instances.filter(({ spec }) =>
    secretReferences(JSON.stringify(spec.containers)).some(({ name }) => names.has(name)),
  );
  return [rotate, ...readers.map(({ spec }) => replacement(spec, secrets, [rotate.id]))];
}

function replacement(
  spec: InstanceSpec,
  secrets: readonly RotatedSecret[],
  after: string[],
): PlannedOperation<"instance.ensure"> {
  return {
    id: operationId("instance.ensure", spec.instance),
    kind: "instance.ensure",
    change: "update",
    node: spec.node,
    target: spec.instance,
    reason: `takes ${listOf(secrets)} in the new version`,
    after,
    input: spec,
  };
}

function generate(
  instance: string,
  node: string | null,
  secrets: readonly RotatedSecret[],
): PlannedOperation<"secrets.rotate"> {
  return {
    id: operationId("secrets.rotate", instance),
    kind: "secrets.rotate",
    change: "update",
    node,
    target: instance,
    reason: `${listOf(secrets)} gets a new value`,
    after: [],
    input: { instance, secrets: secrets.map(({ name, version, rule }) => ({ name, version, rule })) },
  };
}

function superuser(server: string, node: string, after: string): PlannedOperation<"superuser.ensure"> {
  return {
    id: operationId("superuser.ensure", server),
    kind: "superuser.ensure",
    change: "update",
    node,
    target: server,
    reason: "gets the new password; nothing restarts",
    after: [after],
    input: { server },
  };
}

type DatabaseInput = OperationInput<"database.ensure">;

function databaseEnsure(need: DatabaseInput, node: string, after: string): PlannedOperation<"database.ensure"> {
  return {
    id: operationId("database.ensure", need.database),
    kind: "database.ensure",
    change: "update",
    node,
    target: need.database,
    reason: `gets the login ${need.login ?? need.role} beside the present one`,
    after: [after],
    input: need,
  };
}

function retireLogins(need: DatabaseInput, node: string, after: string): PlannedOperation<"logins.retire"> {
  return {
    id: operationId("logins.retire", need.database),
    kind: "logins.retire",
    change: "remove",
    node,
    target: need.database,
    reason: "nothing uses them any more",
    after: [after],
    input: need,
  };
}

/** The database of an instance; undefined: it has none. */
export function databaseOf(instance: string, { needs }: Desired): DatabaseInput | undefined {
  const found = needs.flatMap((need) => (need.kind === "database.ensure" ? [need.input] : []));
  return found.find((need) => need.instance === instance);
}

/** `database, jwtSecret`: names without their instance. */
function listOf(secrets: readonly RotatedSecret[]): string {
  return secrets.map(({ name }) => name.slice(name.indexOf("/") + 1)).join(", ");
}
