/** Nodes with their instances below them, in one table, so that all numbers stand in the same columns. */
import type { InstanceStatus, NodeStatus } from "@berth/shared/api/status";
import { shortDigests } from "@berth/shared/catalog/version-digest";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { useNow } from "../clock.ts";
import { sampleSilenceMilliseconds } from "../connection.ts";
import { formatSpan } from "../format/time.ts";
import { shownInstanceState, shownNodeState, type PendingWork } from "../fleet/pending.ts";
import { instancePath, nodePath } from "../routes/route.ts";
import {
  containerCpu,
  containerDisk,
  containerMemory,
  containerNetwork,
  nodeCpu,
  nodeDisk,
  nodeMemory,
  nodeNetwork,
  type ContainerScope,
} from "../samples/readings.ts";
import { useSession } from "../session/session.ts";
import { usePendingWork } from "../session/use-pending.ts";
import { memo } from "./memo.ts";
import { Metric } from "./metric.tsx";
import { type AnyState, ContainerMark, StateMark } from "./state-mark.tsx";
import { metricColumns, TableHead } from "./table-head.tsx";

interface FleetTableProps {
  nodes: readonly NodeStatus[];
  instances: readonly InstanceStatus[];
}

export function FleetTable({ nodes, instances }: FleetTableProps): JSX.Element {
  const pending = usePendingWork();
  const byNode = Map.groupBy(instances, (instance) => instance.node);
  return (
    <table class="fleet">
      <caption class="visually-hidden">Nodes with their instances</caption>
      <TableHead columns={[["column-name", "Name"], ["column-version", "Version"], ...metricColumns]} />
      {nodes.map((node) => (
        <NodeBody key={node.name} node={node} instances={byNode.get(node.name) ?? []} pending={pending} />
      ))}
    </table>
  );
}

interface NodeBodyProps {
  node: NodeStatus;
  instances: readonly InstanceStatus[];
  pending: PendingWork;
}

function NodeBody({ node, instances, pending }: NodeBodyProps): JSX.Element {
  const silent = useSilence(node);
  return (
    <tbody class={silent === undefined ? "" : "stale"} data-node={node.name}>
      <NodeRow node={node} state={shownNodeState(pending, node)} silent={silent} />
      {instances.length === 0 && (
        <tr>
          <td />
          <td class="muted" colSpan={6}>
            No instances
          </td>
        </tr>
      )}
      {instances.map((instance) => (
        <InstanceRows key={instance.name} instance={instance} state={shownInstanceState(pending, instance)} />
      ))}
    </tbody>
  );
}

/** "no samples for 12 s" while the node's numbers are old; undefined while they are live. */
function useSilence(node: NodeStatus): string | undefined {
  const { samples } = useSession();
  useNow();
  if (node.state !== "online") return "not live";
  const silence = samples.silence(node.name, performance.now());
  if (silence === undefined || silence < sampleSilenceMilliseconds) return undefined;
  return `no samples for ${formatSpan(silence)}`;
}

interface NodeRowProps {
  node: NodeStatus;
  state: AnyState;
  silent: string | undefined;
}

const NodeRow = memo(function NodeRow({ node, state, silent }: NodeRowProps) {
  const { samples } = useSession();
  const { name, facts } = node;
  const cores = facts?.cores;
  const cpu = useMemo(() => nodeCpu(samples, name, cores), [samples, name, cores]);
  const memory = useMemo(() => nodeMemory(samples, name), [samples, name]);
  const network = useMemo(() => nodeNetwork(samples, name), [samples, name]);
  const disk = useMemo(() => nodeDisk(samples, name), [samples, name]);
  return (
    <tr class="node-row">
      <td class="column-state">
        <StateMark state={state} />
      </td>
      <th class="column-name" scope="rowgroup">
        <a href={nodePath(name)}>{name}</a> <span class="secondary mono">{node.address}</span>
        {silent !== undefined && node.state === "online" && <span class="tag tag-warning silence">{silent}</span>}
      </th>
      <td class="column-version">
        <span class="secondary">agent {node.agentVersion ?? "–"}</span>
        {node.outdated && <span class="tag tag-warning">outdated</span>}
      </td>
      <td class="column-metric column-cpu">
        <Metric node={name} read={cpu} />
      </td>
      <td class="column-metric">
        <Metric node={name} read={memory} />
      </td>
      <td class="column-plain">
        <Metric node={name} read={network} plain />
      </td>
      <td class="column-plain">
        <Metric node={name} read={disk} plain />
      </td>
    </tr>
  );
});

interface InstanceRowsProps {
  instance: InstanceStatus;
  state: AnyState;
}

const InstanceRows = memo(function InstanceRows({ instance, state }: InstanceRowsProps) {
  const { name, node, containers } = instance;
  return (
    <>
      <tr data-instance={name}>
        <td class="column-state">
          <StateMark state={state} />
        </td>
        <th class="column-name" scope="row">
          <a href={instancePath(name)}>{name}</a> <span class="secondary mono">{portsOf(instance)}</span>
          {instance.drift.length > 0 && (
            <span class="tag tag-warning" title={instance.drift.join("\n")}>
              drift
            </span>
          )}
        </th>
        <td class="column-version mono">{shortDigests(instance.version)}</td>
        <ContainerCells node={node} instance={name} container={null} />
      </tr>
      {containers.length > 1 &&
        containers.map((container) => (
          <tr key={container.name} class="container-row">
            <td class="column-state secondary">
              <ContainerMark state={container.state} />
            </td>
            <th class="column-name" scope="row">
              {container.name}
            </th>
            <td class="column-version" />
            <ContainerCells node={node} instance={name} container={container.name} />
          </tr>
        ))}
    </>
  );
});

function portsOf(instance: InstanceStatus): string {
  return instance.ports.map((port) => `:${port}`).join(" ");
}

/** CPU, memory, network and disk of an instance or of one of its containers. */
export function ContainerCells({ node, instance, container }: ContainerScope): JSX.Element {
  const { samples } = useSession();
  const [cpu, memory, network, disk] = useMemo(() => {
    const scope = { node, instance, container };
    return [
      containerCpu(samples, scope),
      containerMemory(samples, scope),
      containerNetwork(samples, scope),
      containerDisk(samples, scope),
    ];
  }, [samples, node, instance, container]);
  return (
    <>
      <td class="column-metric column-cpu">
        <Metric node={node} read={cpu} />
      </td>
      <td class="column-metric">
        <Metric node={node} read={memory} />
      </td>
      <td class="column-plain">
        <Metric node={node} read={network} plain />
      </td>
      <td class="column-plain">
        <Metric node={node} read={disk} plain />
      </td>
    </>
  );
}
