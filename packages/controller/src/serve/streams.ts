/** Logs and commands of an instance, from the node that has it. */
import type { Account } from "@berth/shared/api/accounts";
import { BerthError } from "@berth/shared/errors";
import { knows } from "@berth/shared/protocol/version";
import type { ExecStream, Hub } from "../agents/types.ts";
import type { ExecRequest, ExecSession, OpenExec } from "../api/exec.ts";
import type { InstancesApi } from "../api/instances.ts";
import type { Inventory } from "../inventory/database.ts";
import { recordEvent } from "../inventory/events.ts";
import { unknownInstance } from "../api/instances.ts";
import { whenAborted } from "../api/server-sent-events.ts";
import { getInstance } from "../inventory/instances.ts";

interface StreamDependencies {
  inventory: Inventory;
  hub: Pick<Hub, "openLogs" | "openExec" | "connection">;
}

export function createInstancesApi(dependencies: StreamDependencies): Pick<InstancesApi, "logs"> {
  return {
    async logs(instance, request, signal) {
      const node = await nodeOf(instance, dependencies);
      const stream = dependencies.hub.openLogs(node, { instance, ...request });
      whenAborted(signal, () => stream.close());
      return stream;
    },
  };
}

/** `onProblem`: that a command ended could not be recorded. */
export function openExecSession(dependencies: StreamDependencies, onProblem: (error: unknown) => void): OpenExec {
  const { hub } = dependencies;
  return async (request, account): Promise<ExecSession> => {
    const node = await nodeOf(request.instance, dependencies);
    const { container, command, tty } = request;
    // Its own container is the one that an agent takes by itself.
    const chosen = container === undefined || container === request.instance ? {} : { container };
    if (chosen.container !== undefined) requireContainerChoice(node, hub);
    const recordEnd = await recordBegin(request, account, node, dependencies);
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
      },
      resize: (columns, rows) => stream.resize(columns, rows),
      close: () => stream.close(),
      nodeSilentFor: () => Math.max(0, Date.now() - (hub.connection(node)?.lastSeen ?? Date.now())) / 1000,
      exitCode: stream.exitCode,
    };
  };
}

/** Who, what and where; neither arguments nor what is typed: they may hold what only the instance is to know. */
async function recordBegin(
  { instance, container, command, tty }: ExecRequest,
  account: Account,
  node: string,
  { inventory: { database } }: StreamDependencies,
): Promise<(exitCode: number | null) => Promise<void>> {
  const beganAt = performance.now();
  const what = command[0]?.slice(0, 80) ?? "";
  const where = container === undefined || container === instance ? instance : `${instance}, container ${container}`;
  const event = { kind: "exec", node, instance };
  const data = { account: account.name, container: container ?? null, terminal: tty !== null };
  const begin = await recordEvent(database, {
    ...event,
    message: `${account.name} asked to run ${what} in ${where}${tty === null ? "" : ", with a terminal"}`,
    data,
  });
  return async (exitCode) => {
    const how = exitCode === null ? "was cut off" : `ended with exit code ${exitCode}`;
    const seconds = Math.round((performance.now() - beganAt) / 1000);
    await recordEvent(database, {
      ...event,
      message: `${what} of ${account.name} in ${where} ${how} after ${seconds} s`,
      data: { ...data, began: begin.id, exitCode, seconds },
    });
  };
}

/** An older agent takes a container's name for a broken message, and hangs up on us. */
function requireContainerChoice(node: string, hub: StreamDependencies["hub"]): void {
  const agent = hub.connection(node);
  if (agent?.state !== "online" || knows(1, agent.protocol)) return;
  throw new BerthError("protocol.unsupported", `The agent of node '${node}' is too old to be told a container`, {
    hint: `Replace it: berth node upgrade-agent ${node}`,
  });
}

async function nodeOf(instance: string, { inventory }: StreamDependencies): Promise<string> {
  const found = await getInstance(inventory.database, instance);
  if (found !== null) return found.node;
  throw unknownInstance(instance);
}
