import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import {
  containerCpu,
  containerDisk,
  containerMemory,
  containerNetwork,
  type ContainerScope,
} from "../samples/readings.ts";
import { useSession } from "../session/session.ts";
import { Metric } from "./metric.tsx";

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
