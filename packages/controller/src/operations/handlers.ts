/** Who performs each operation: agents through the hub, the controller's rooms for what lies outside the nodes. */
import { BerthError } from "@berth/shared/errors";
import type { AgentOperationKind, OperationInput } from "@berth/shared/operations/index";
import type { Hub } from "../agents/types.ts";
import { ensureDatabase, removeDatabase } from "../needs/postgres-ensure.ts";
import type { PostgresServer, PostgresServers } from "../needs/postgres-servers.ts";
import { databaseSecretName } from "../plan/environment.ts";
import type { OperationContext, OperationHandler, OperationHandlers } from "../runs/handlers.ts";
import { resolveInstanceSecrets } from "./resolve-secrets.ts";

export interface HandlerDependencies {
  hub: Pick<Hub, "dispatch">;
  lxcEnsure: OperationHandler<"lxc.ensure">;
  agentEnsure: OperationHandler<"agent.ensure">;
  postgres: PostgresServers;
  /** Where a PostgreSQL instance of the fleet listens, with its superuser's password. */
  postgresServer: (instance: string) => Promise<PostgresServer>;
  /** The value of a secret; throws `not-found`. */
  reveal: (name: string, version?: number) => string;
  /** PEM of the CA of the registry that the fleet's images come from; null: publicly trusted. */
  registryCa: () => Promise<string | null>;
}

export function createHandlers(dependencies: HandlerDependencies): OperationHandlers {
  const { hub, postgres, postgresServer, reveal } = dependencies;

  function dispatch<K extends AgentOperationKind>(kind: K, context: OperationContext<K>, input: OperationInput<K>) {
    const { node, operationId: id, attempt, deadlineSeconds, signal, log } = context;
    if (node === null) throw new BerthError("internal", `The plan names no node for ${kind}`);
    const onProgress = ({ line, fraction }: { line: string; fraction?: number | undefined }) => log(line, fraction);
    return hub.dispatch({ node, id, attempt, kind, input, deadlineSeconds, signal, onProgress });
  }

  return {
    "lxc.ensure": dependencies.lxcEnsure,
    "agent.ensure": dependencies.agentEnsure,
    "image.ensure": async (context) =>
      dispatch("image.ensure", context, { ...context.input, registryCa: await dependencies.registryCa() }),
    "instance.ensure": (context) =>
      dispatch(
        "instance.ensure",
        context,
        resolveInstanceSecrets(context.input, ({ name, version }) => reveal(name, version)),
      ),
    "instance.remove": (context) => dispatch("instance.remove", context, context.input),
    "firewall.ensure": (context) => dispatch("firewall.ensure", context, context.input),
    "database.ensure": async ({ input, log }) => {
      const server = await postgresServer(input.server);
      const password = reveal(databaseSecretName(input.instance));
      return postgres.withClient(server, (client) =>
        ensureDatabase(input, {
          client,
          password,
          log,
          withDatabase: (database, work) => postgres.withDatabase(server, database, work),
        }),
      );
    },
    "database.remove": async ({ input }) => {
      const server = await postgresServer(input.server);
      return postgres.withClient(server, (client) => removeDatabase(client, input));
    },
  };
}
