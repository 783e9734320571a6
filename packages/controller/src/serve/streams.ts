/** Logs and commands of an instance, from the node that has it. */
import { BerthError } from "@berth/shared/errors";
import { knows } from "@berth/shared/protocol/version";
import type { ExecStream, Hub } from "../agents/types.ts";
import type { ExecSession, OpenExec } from "../api/exec.ts";
import type { InstancesApi, LogRequest } from "../api/instances.ts";
import type { Inventory } from "../inventory/database.ts";
import { unknownInstance } from "../api/instances.ts";
import { whenAborted } from "../api/server-sent-events.ts";
import { getInstance } from "../inventory/instances.ts";
import { recordBegin } from "./exec-events.ts";

interface StreamDependencies {
  inventory: Inventory;
  hub: Pick<Hub, "openLogs" | "openExec" | "connection" | "observedInstances">;
}

/** Since which protocol a container can be named. */
const containerOfExec = 1;
const containerOfLogs = 3;

export function createInstancesApi(dependencies: StreamDependencies): Pick<InstancesApi, "logs"> {
  return {
    async logs(instance, request, signal) {
      const { hub } = dependencies;
      const node = await nodeOf(instance, dependencies);
      const { container } = request;
      if (container !== undefined && container !== instance) requireContainerChoice(node, hub, containerOfLogs);
      const stream = hub.openLogs(node, { instance, ...request });
      whenAborted(signal, () => stream.close());
      return { containers: containersOf(instance, request, node, hub), chunks: stream };
    },
  };
}

/** Whose lines are to come. */
function containersOf(
  instance: string,
  { container }: LogRequest,
  node: string,
  hub: StreamDependencies["hub"],
): string[] {
  if (container !== undefined) return [container];
  if (!knows(containerOfLogs, hub.connection(node)?.protocol)) return [];
  const observed = hub.observedInstances(node).find((one) => one.instance.instance === instance);
  return observed?.instance.containers.map(({ name }) => name) ?? [];
}

/** `onProblem`: that a command ended could not be recorded. */
export function openExecSession(dependencies: StreamDependencies, onProblem: (error: unknown) => void): OpenExec {
  const { hub } = dependencies;
  return async (request, account): Promise<ExecSession> => {
    const node = await nodeOf(request.instance, dependencies);
    const { container, command, tty } = request;
    // Its own container is the one that an agent takes by itself.
    const chosen = container === undefined || container === request.instance ? {} : { container };
    if (chosen.container !== undefined) requireContainerChoice(node, hub, containerOfExec);
    const recordEnd = await recordBegin(request, account, node, dependencies.inventory.database);
    const stream = await openOrRecord(() =>
      hub.openExec(node, { instance: request.instance, ...chosen, command, tty }),
    );
    stream.exitCode.then(recordEnd).catch(onProblem);

    /** What came to nothing has ended as well. */
    async function openOrRecord(open: () => ExecStream): Promise<ExecStream> {
      try {
        return open();
      } catch (error) {
        await recordEnd(null);
        throw error;
      }
    }
    // Input keeps its order, and waits for the agent's socket rather than pile up.
    let writing: Promise<void> = Promise.resolve();
    return {
      output: stream,
      write: (data) => {
        writing = writing
          .then(() => (data.length === 0 ? stream.endInput() : stream.write(data)))
          .catch(() => stream.close());
        return writing;
      },
      resize: (columns, rows) => stream.resize(columns, rows),
      close: () => stream.close(),
      nodeSilentFor: () => Math.max(0, Date.now() - (hub.connection(node)?.lastSeen ?? Date.now())) / 1000,
      exitCode: stream.exitCode,
    };
  };
}

/** An older agent takes a container's name for a broken message, and hangs up on us. */
function requireContainerChoice(node: string, hub: StreamDependencies["hub"], minor: number): void {
  const agent = hub.connection(node);
  if (agent?.state !== "online" || knows(minor, agent.protocol)) return;
  throw new BerthError("protocol.unsupported", `The agent of node '${node}' is too old to be told a container`, {
    hint: `Replace it: berth node upgrade-agent ${node}`,
  });
}

async function nodeOf(instance: string, { inventory }: StreamDependencies): Promise<string> {
  const found = await getInstance(inventory.database, instance);
  if (found !== null) return found.node;
  throw unknownInstance(instance);
}
