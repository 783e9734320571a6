/** firewall.ensure: the node's packet filter is as specified; no rules at all: it has none of Berth's. */
import type { Firewall } from "../firewall/firewall.ts";
import type { OperationHandler } from "./context.ts";

/** `onSettled` is called after each success: whoever holds the node to its firewall has another one to hold it to. */
export function firewallEnsure(firewall: Firewall, onSettled: () => void): OperationHandler<"firewall.ensure"> {
  return async (spec, { signal, progress }) => {
    const result = await firewall.ensure(spec, signal);
    onSettled();
    if (result.changed)
      progress({ line: `${spec.node}: ${spec.inbound.length + spec.outbound.length} rules in force` });
    return result;
  };
}
