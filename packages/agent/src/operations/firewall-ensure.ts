/** firewall.ensure: the node's packet filter is as specified; no rules at all: it has none of Berth's. */
import type { Firewall } from "../firewall/firewall.ts";
import type { OperationHandler } from "./context.ts";

export function firewallEnsure(firewall: Firewall): OperationHandler<"firewall.ensure"> {
  return async (spec, { signal, progress }) => {
    const result = await firewall.ensure(spec, signal);
    if (result.changed)
      progress({ line: `${spec.node}: ${spec.inbound.length + spec.outbound.length} rules in force` });
    return result;
  };
}
