/** Logs and commands of an instance, from the node that has it. */
import type { Hub } from "../agents/types.ts";
import type { ExecSession, OpenExec } from "../api/exec.ts";
import type { InstancesApi } from "../api/instances.ts";
import type { Inventory } from "../inventory/database.ts";
import { recordEvent } from "../inventory/events.ts";
import { unknownInstance } from "../api/instances.ts";
import { getInstance } from "../inventory/instances.ts";

interface StreamDependencies {
  inventory: Inventory;
  hub: Pick<Hub, "openLogs" | "openExec">;
}

export function createInstancesApi(dependencies: StreamDependencies): Pick<InstancesApi, "logs"> {
  return {
    async logs(instance, request, signal) {
      const node = await nodeOf(instance, dependencies);
      const stream = dependencies.hub.openLogs(node, { instance, ...request });
      signal.addEventListener("abort", () => stream.close(), { once: true });
      return stream;
    },
  };
}

export function openExecSession(dependencies: StreamDependencies): OpenExec {
  return async (request, account): Promise<ExecSession> => {
    const node = await nodeOf(request.instance, dependencies);
    // Not its arguments: they may hold what only the instance is to know.
    const message = `${account.name} asked to run ${request.command[0]?.slice(0, 80)} in ${request.instance}`;
    await recordEvent(dependencies.inventory.database, { kind: "exec", node, instance: request.instance, message });
    const stream = dependencies.hub.openExec(node, request);
    // Input keeps its order, and waits for the agent's socket rather than pile up.
    let writing: Promise<void> = Promise.resolve();
    return {
      output: stream,
      write: (data) => {
        writing = writing
          .then(() => (data.length === 0 ? stream.endInput() : stream.write(data)))
          .catch(() => stream.close());
      },
      resize: (columns, rows) => stream.resize(columns, rows),
      close: () => stream.close(),
      exitCode: stream.exitCode,
    };
  };
}

async function nodeOf(instance: string, { inventory }: StreamDependencies): Promise<string> {
  const found = await getInstance(inventory.database, instance);
  if (found !== null) return found.node;
  throw unknownInstance(instance);
}
