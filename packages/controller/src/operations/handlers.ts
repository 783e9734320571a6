/** Who performs each operation: agents through the hub, the controller's rooms for what lies outside the nodes. */
import { BerthError } from "@berth/shared/errors";
import type { AgentOperationKind } from "@berth/shared/operations/agent";
import type { OperationInput } from "@berth/shared/operations/index";
import type { GeneratedSecret } from "@berth/shared/catalog/schema";
import type { Hub } from "../agents/types.ts";
import { drillValues } from "../backups/drill-secrets.ts";
import type { RemovalKind, Stores } from "../needs/stores.ts";
import type { NeedKind } from "../plan/desired-needs.ts";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { OperationContext, OperationHandler, OperationHandlers } from "../runs/handlers.ts";
import type { UpgradeHandlers } from "../upgrades/carry-out/handlers.ts";
import type { SecretVersion } from "../secrets/open.ts";
import { type SecretReference } from "../plan/secret-reference.ts";
import { dispatchedValues, resolveInstanceSecrets, resolveSecrets } from "./resolve-secrets.ts";

export interface HandlerDependencies {
  hub: Pick<Hub, "dispatch">;
  lxcEnsure: OperationHandler<"lxc.ensure">;
  agentEnsure: OperationHandler<"agent.ensure">;
  lxcRemove: OperationHandler<"lxc.remove">;
  tenantVerify: OperationHandler<"tenant.verify">;
  upgrades: UpgradeHandlers;
  /** Removes an owner's secrets; gives how many there were. */
  removeSecrets: (owner: string) => Promise<number>;
  /** Gives a secret the value of another one, as exactly that version. */
  adoptSecret: (to: SecretVersion, from: SecretVersion) => Promise<unknown>;
  /** Generates exactly that version of a secret unless it exists. */
  rotateSecret: (to: SecretVersion, rule: GeneratedSecret) => Promise<unknown>;
  stores: Stores;
  fleet: () => Promise<Fleet>;
  /** The value of a secret; throws `not-found`. */
  reveal: (name: string, version?: number) => string;
  /** PEM of the CA of the registry that the fleet's images come from; null: publicly trusted. */
  registryCa: () => Promise<string | null>;
}

export function createHandlers(dependencies: HandlerDependencies): OperationHandlers {
  const { hub, stores, reveal, upgrades } = dependencies;

  // Calls name the kind: to infer it from what is expected of them takes the compiler minutes.
  function dispatch<K extends AgentOperationKind>(kind: K, context: OperationContext<K>, input: OperationInput<K>) {
    const { node, operationId: id, attempt, deadlineSeconds, signal, log, phases: onPhases } = context;
    if (node === null) throw new BerthError("internal", `The plan names no node for ${kind}`);
    const onProgress = ({ line, fraction }: { line: string; fraction?: number | undefined }) => log(line, fraction);
    return hub.dispatch({ node, id, attempt, kind, input, deadlineSeconds, signal, onProgress, onPhases });
  }

  async function ensure<K extends NeedKind>(kind: K, { input, log, signal }: OperationContext<K>) {
    return stores.ensure[kind](await dependencies.fleet(), input, { log, signal });
  }

  async function remove<K extends RemovalKind>(kind: K, { input, log, signal }: OperationContext<K>) {
    return stores.remove[kind](await dependencies.fleet(), input, { log, signal });
  }

  const plainValue = ({ name, version }: SecretReference) => reveal(name, version);
  const byReference = dispatchedValues(plainValue);

  return {
    "lxc.ensure": dependencies.lxcEnsure,
    "agent.ensure": dependencies.agentEnsure,
    "image.ensure": async (context) =>
      dispatch<"image.ensure">("image.ensure", context, {
        ...context.input,
        registryCa: await dependencies.registryCa(),
      }),
    "instance.ensure": async (context) => {
      await upgrades.settle(context.input, context);
      return dispatch<"instance.ensure">(
        "instance.ensure",
        context,
        resolveInstanceSecrets(context.input, byReference),
      );
    },
    "instance.remove": async (context) => {
      const result = await dispatch<"instance.remove">("instance.remove", context, context.input);
      if (context.input.volumes) await upgrades.forget(context.input.instance);
      return result;
    },
    "instance.restart": (context) => dispatch<"instance.restart">("instance.restart", context, context.input),
    "backup.create": (context) =>
      dispatch<"backup.create">("backup.create", context, resolveSecrets(context.input, byReference)),
    "backup.restore": async (context) => {
      const input = resolveSecrets(context.input, byReference);
      const result = await dispatch<"backup.restore">("backup.restore", context, input);
      await upgrades.abandon(context.input.subject);
      return result;
    },
    "backup.drill": (context) =>
      dispatch<"backup.drill">(
        "backup.drill",
        context,
        resolveSecrets(context.input, dispatchedValues(drillValues(plainValue))),
      ),
    "repository.check": (context) =>
      dispatch<"repository.check">("repository.check", context, resolveSecrets(context.input, byReference)),
    "repository.prune": (context) =>
      dispatch<"repository.prune">("repository.prune", context, resolveSecrets(context.input, byReference)),
    "instance.prove": (context) =>
      dispatch<"instance.prove">("instance.prove", context, {
        ...context.input,
        spec: resolveInstanceSecrets(context.input.spec, byReference),
      }),
    "checkpoint.create": (context) => dispatch<"checkpoint.create">("checkpoint.create", context, context.input),
    "checkpoint.restore": (context) => dispatch<"checkpoint.restore">("checkpoint.restore", context, context.input),
    "checkpoint.remove": (context) => dispatch<"checkpoint.remove">("checkpoint.remove", context, context.input),
    "firewall.ensure": (context) => dispatch<"firewall.ensure">("firewall.ensure", context, context.input),
    "lxc.remove": dependencies.lxcRemove,
    "tenant.verify": dependencies.tenantVerify,
    "instance.upgrade": upgrades.instanceUpgrade,
    "instance.rollback": upgrades.instanceRollback,
    "upgrade.conclude": upgrades.upgradeConclude,
    "secrets.remove": async ({ input }) => {
      const counts = await Promise.all(input.owners.map(dependencies.removeSecrets));
      return { removed: counts.reduce((sum, count) => sum + count, 0) };
    },
    "secrets.adopt": async ({ input }) => {
      for (const { name, version, copy, copyVersion } of input.secrets)
        await dependencies.adoptSecret({ name, version }, { name: copy, version: copyVersion });
      return { versions: input.secrets.length };
    },
    "secrets.rotate": async ({ input }) => {
      for (const { name, version, rule } of input.secrets) await dependencies.rotateSecret({ name, version }, rule);
      return { versions: input.secrets.length };
    },
    "logins.retire": async ({ input }) => stores.databases.retire(await dependencies.fleet(), input),
    "superuser.ensure": async ({ input }) => stores.databases.ensureSuperuser(await dependencies.fleet(), input.server),
    "database.ensure": (context) => ensure<"database.ensure">("database.ensure", context),
    "collections.ensure": (context) => ensure<"collections.ensure">("collections.ensure", context),
    "buckets.ensure": (context) => ensure<"buckets.ensure">("buckets.ensure", context),
    "models.ensure": (context) => ensure<"models.ensure">("models.ensure", context),
    "database.remove": (context) => remove<"database.remove">("database.remove", context),
    "collections.remove": (context) => remove<"collections.remove">("collections.remove", context),
    "buckets.remove": (context) => remove<"buckets.remove">("buckets.remove", context),
  };
}
