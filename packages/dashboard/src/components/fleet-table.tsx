/** Nodes with their instances below them, in one table, so that all numbers stand in the same columns. */
import type { InstanceStatus, NodeStatus } from "@berth/shared/api/status";
import { shortDigests } from "@berth/shared/catalog/version-digest";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { useNow } from "../clock.ts";
import { sampleSilenceMilliseconds } from "../connection.ts";
import { formatSpan } from "../format/time.ts";
import { shownInstanceState, shownNodeState, type PendingWork } from "../fleet/pending.ts";
import { type Section, sectionsByNode } from "../fleet/fleet-order.ts";
import { instancePath, nodePath } from "../routes/route.ts";
import { nodeCpu, nodeDisk, nodeMemory, nodeNetwork } from "../samples/readings.ts";
import { useSession } from "../session/session.ts";
import { usePendingWork } from "../session/use-pending.ts";
import { ContainerCells } from "./container-cells.tsx";
import { memo } from "./memo.ts";
import { Metric } from "./metric.tsx";
import { type AnyState, ContainerMark, StateMark } from "./state-mark.tsx";
import { metricColumns, type Sorting, TableHead } from "./table-head.tsx";

interface FleetTableProps {
  nodes: readonly NodeStatus[];
  instances: readonly InstanceStatus[];
  /** Left out: each node with its instances, as the fleet has them. */
  sections?: readonly Section[];
  sorting?: Sorting;
}

export function FleetTable({ nodes, instances, sections, sorting }: FleetTableProps): JSX.Element {
  const pending = usePendingWork();
  const silences = useSilences(nodes);
  const shown = sections ?? sectionsByNode(nodes, instances);
  return (
    <table class="fleet">
      <caption class="visually-hidden">Nodes with their instances</caption>
      <TableHead
        columns={[["column-name", "Name", undefined, "name"], ["column-version", "Version"], ...metricColumns]}
        sorting={sorting}
      />
      {shown.map((section) => (
        <SectionBody key={section.key} section={section} pending={pending} silences={silences} />
      ))}
    </table>
  );
}

interface SectionBodyProps {
  section: Section;
  pending: PendingWork;
  silences: Silences;
}

function SectionBody({ section, pending, silences }: SectionBodyProps): JSX.Element {
  const { of, nodes, instances, above } = section;
  return (
    <tbody class={of && silences.has(of.name) ? "stale" : ""} data-node={of?.name}>
      {nodes.map((node) => (
        <NodeRow
          key={node.name}
          node={node}
          state={shownNodeState(pending, node)}
          silent={silences.get(node.name)}
          heads={of === node}
        />
      ))}
      {of && instances.length === 0 && (
        <tr>
          <td />
          <td class="muted" colSpan={6}>
            {above === 0 ? "No instances" : "Its instances are above"}
          </td>
        </tr>
      )}
      {instances.map((instance) => (
        <InstanceRows
          key={instance.name}
          instance={instance}
          state={shownInstanceState(pending, instance)}
          tellsNode={of === undefined}
          isStale={of === undefined && silences.has(instance.node)}
        />
      ))}
    </tbody>
  );
}

/** "no samples for 12 s", by the node whose numbers are old. */
type Silences = ReadonlyMap<string, string>;

function useSilences(nodes: readonly NodeStatus[]): Silences {
  const { samples } = useSession();
  useNow();
  return new Map(nodes.flatMap((node) => silenceOf(node, samples.silence(node.name, performance.now()))));
}

function silenceOf({ name, state }: NodeStatus, silence: number | undefined): [string, string][] {
  if (state !== "online") return [[name, "not live"]];
  if (silence === undefined || silence < sampleSilenceMilliseconds) return [];
  return [[name, `no samples for ${formatSpan(silence)}`]];
}

interface NodeRowProps {
  node: NodeStatus;
  state: AnyState;
  silent: string | undefined;
  /** Its instances follow it. */
  heads: boolean;
}

const NodeRow = memo(function NodeRow({ node, state, silent, heads }: NodeRowProps) {
  const { samples } = useSession();
  const { name, facts } = node;
  const cores = facts?.cores;
  const cpu = useMemo(() => nodeCpu(samples, name, cores), [samples, name, cores]);
  const memory = useMemo(() => nodeMemory(samples, name), [samples, name]);
  const network = useMemo(() => nodeNetwork(samples, name), [samples, name]);
  const disk = useMemo(() => nodeDisk(samples, name), [samples, name]);
  return (
    <tr class={`node-row ${!heads && silent !== undefined ? "stale" : ""}`}>
      <td class="column-state">
        <StateMark state={state} />
      </td>
      <th class="column-name" scope={heads ? "rowgroup" : "row"}>
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
  /** Where the rows around it are of other nodes. */
  tellsNode: boolean;
  isStale: boolean;
}

const InstanceRows = memo(function InstanceRows({ instance, state, tellsNode, isStale }: InstanceRowsProps) {
  const { name, node, containers } = instance;
  return (
    <>
      <tr data-instance={name} class={isStale ? "stale" : ""}>
        <td class="column-state">
          <StateMark state={state} />
        </td>
        <th class="column-name" scope="row">
          <a href={instancePath(name)}>{name}</a> <span class="secondary mono">{portsOf(instance)}</span>{" "}
          {tellsNode && (
            <span class="secondary">
              on <a href={nodePath(node)}>{node}</a>{" "}
            </span>
          )}
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
          <tr key={container.name} class={isStale ? "container-row stale" : "container-row"}>
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
