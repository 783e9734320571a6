import type { Status } from "@berth/shared/api/status";
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { clock } from "../clock.ts";
import type { Attention } from "../fleet/attention.ts";
import {
  fleetOrders,
  type FleetOrder,
  type Section,
  sectionsByAttention,
  sectionsByNode,
  sectionsByWeight,
  type Weigh,
} from "../fleet/fleet-order.ts";
import { useSort } from "../routes/use-sort.ts";
import { steadyWeight } from "../samples/weights.ts";
import { useSession } from "../session/session.ts";
import { FleetTable } from "./fleet-table.tsx";
import { SortChoice } from "./sort-choice.tsx";

interface SortedFleetProps {
  status: Status;
  /** What needs attention, worst first. */
  items: readonly Attention[];
}

/** Nodes and instances in the order that the address says, which the heads of the table change. */
export function SortedFleet({ status, items }: SortedFleetProps): JSX.Element {
  const { nodes, instances } = status;
  const { by, sortBy } = useSort(fleetOrders);
  const weigh = useWeigh(by);
  const sorting = { by, onSort: sortBy };
  return (
    <section aria-label="Nodes and instances">
      <SortChoice orders={fleetOrders} {...sorting} />
      <FleetTable {...{ nodes, instances, sorting }} sections={sectionsOf(by, status, items, weigh)} />
    </section>
  );
}

function sectionsOf(by: FleetOrder, status: Status, items: readonly Attention[], weigh: Weigh): Section[] {
  const { nodes, instances } = status;
  switch (by) {
    case "attention":
      return sectionsByAttention(nodes, instances, items);
    case "name":
      return sectionsByNode(nodes, instances);
    case "cpu":
    case "memory":
    case "network":
    case "disk":
      return sectionsByWeight(nodes, instances, weigh);
  }
}

const weighEverySeconds = 10;
/** The first samples come a moment after the page. */
const firstSeconds = 3;

/** Holds what each row weighed until all are weighed again: rows do not change places with every sample. */
function useWeigh(by: FleetOrder): Weigh {
  const { samples } = useSession();
  const [round, setRound] = useState(0);
  const isMeasured = by !== "attention" && by !== "name";
  useEffect(() => {
    if (!isMeasured) return undefined;
    let ticks = 0;
    return clock.subscribe(() => {
      ticks += 1;
      const isDue = ticks <= firstSeconds || ticks % weighEverySeconds === 0;
      // A row that moves loses the focus of who is in it.
      if (isDue && !document.activeElement?.closest("tbody")) setRound((before) => before + 1);
    });
  }, [by, isMeasured]);
  const former = useMemo(() => ({ weights: new Map<string, number>() }), [samples, by]);
  return useMemo(() => {
    const before = former.weights;
    const held = new Map<string, number>();
    former.weights = held;
    return (row) => {
      if (by === "attention" || by === "name") return 0;
      const key = `${"node" in row} ${row.name}`;
      const weight = held.get(key) ?? steadyWeight(samples, by, row, performance.now(), before.get(key));
      held.set(key, weight);
      return weight;
    };
  }, [samples, by, former, round]);
}
