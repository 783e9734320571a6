import type { Hub } from "../agents/types.ts";

export interface ObservedHashRequest {
  node: string;
  instance: string;
  /** Ends the wait for the node's agent. */
  signal: AbortSignal;
}

/** After the controller's start agents are back within 35 s. */
const connectMilliseconds = 40_000;
const observeMilliseconds = 10_000;

/**
 * Hash of what the node runs as the instance now; undefined: nothing, or it cannot be seen. Throws `node.offline`,
 * `deadline.exceeded`.
 */
export async function observedHash(
  hub: Pick<Hub, "waitOnline" | "observe">,
  { node, instance, signal }: ObservedHashRequest,
): Promise<string | undefined> {
  await hub.waitOnline(node, { timeoutMilliseconds: connectMilliseconds, signal });
  const { instances, docker } = await hub.observe(node, { timeoutMilliseconds: observeMilliseconds });
  // What is told of instances then is not what runs.
  if (docker === "unreachable") return undefined;
  return instances.find((observed) => observed.instance === instance)?.hash;
}
