import { bootedAtOf, surplusSentence, type NodeStatus } from "@berth/shared/api/status";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { NodeCharts } from "../components/charts.tsx";
import { Ago } from "../components/elapsed.tsx";
import { Facts } from "../components/facts.tsx";
import { FleetTable } from "../components/fleet-table.tsx";
import { NodeDisks, shownVolumes } from "../components/node-disks.tsx";
import { NotThere, useWasThere } from "../components/not-there.tsx";
import { Page } from "../components/page.tsx";
import { StateMark } from "../components/state-mark.tsx";
import { useDisks } from "../components/use-disks.ts";
import { shownNodeState } from "../fleet/pending.ts";
import { formatLimit } from "@berth/shared/metrics/units";
import { useSession } from "../session/session.ts";
import { usePendingWork } from "../session/use-pending.ts";
import { useStore } from "../store.ts";

/** One node: what it is, what it does, what runs on it. */
export function NodePage({ name }: { name: string }): JSX.Element {
  const { fleet } = useSession();
  const status = useStore(fleet, (state) => state.status);
  const pending = usePendingWork();
  const node = status?.nodes.find((one) => one.name === name);
  const instances = useMemo(() => status?.instances.filter((instance) => instance.node === name) ?? [], [status, name]);
  const nodes = useMemo(() => (node ? [node] : []), [node]);
  const wasThere = useWasThere(node !== undefined);
  const surplus = node ? surplusSentence(node) : null;
  return (
    <Page title={name} aside={node && <StateMark state={shownNodeState(pending, node)} />}>
      {status === null && <p class="muted">Waiting for the controller to tell the state of the fleet.</p>}
      {status !== null && !node && <NotThere what="node" name={name} wasThere={wasThere} />}
      {node && (
        <>
          <NodeFacts node={node} />
          {surplus !== null && <p class="notice">{surplus}</p>}
          <FleetTable nodes={nodes} instances={instances} />
          <NodeUse node={node} />
        </>
      )}
    </Page>
  );
}

function NodeUse({ node: { name, state, facts } }: { node: NodeStatus }): JSX.Element {
  const disks = useDisks(name);
  const isAsked = disks.answer === undefined && disks.error === undefined;
  // In one order, so that two that are about as large do not change what is asked for.
  const largest = (disks.answer?.volumes ?? []).slice(0, shownVolumes).map((volume) => volume.name);
  return (
    <>
      <NodeDisks disks={disks} isOnline={state === "online"} />
      <NodeCharts node={name} cores={facts?.cores} volumeNames={isAsked ? undefined : largest.toSorted().join("\n")} />
    </>
  );
}

function NodeFacts({ node }: { node: NodeStatus }): JSX.Element {
  const { facts } = node;
  const skew = node.clockSkewMilliseconds;
  const bootedAt = node.state === "online" ? bootedAtOf(node) : null;
  return (
    <Facts
      facts={[
        ["Address", node.address],
        ["Proxmox", node.vmid === null ? undefined : `LXC ${node.vmid}`],
        ["Cores", facts?.cores],
        ["Memory", facts && formatLimit(facts.memoryBytes)],
        ["System", facts?.os],
        ["Kernel", facts && `${facts.kernel} ${facts.architecture}`],
        ["Docker", facts && (facts.dockerVersion ?? "not there")],
        ["Control groups", facts && `v${facts.cgroupVersion}`],
        ["Agent", node.agentVersion === null ? "none" : `${node.agentVersion}${node.outdated ? ", outdated" : ""}`],
        ["Clock off by", skew === null ? undefined : `${Math.round(skew)} ms`],
        ["Started", bootedAt === null ? undefined : <Ago moment={new Date(bootedAt).toISOString()} />],
        ["Last seen", node.state === "online" || node.lastSeen === null ? undefined : <Ago moment={node.lastSeen} />],
      ]}
    />
  );
}
