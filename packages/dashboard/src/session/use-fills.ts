import type { Status } from "@berth/shared/api/status";
import { shareOf } from "@berth/shared/metrics/units";
import { useEffect, useState } from "preact/hooks";
import { clock } from "../clock.ts";
import { type Fill, fillKey } from "../fleet/attention.ts";
import { fillLevel } from "../fleet/fill-level.ts";
import { latest, type SampleStore } from "../samples/sample-store.ts";
import { useSession } from "./session.ts";

const lookEverySeconds = 5;

/** How full nodes and containers are. Looked up every few seconds: what matters here does not change faster. */
export function useFills(status: Status): readonly Fill[] {
  const { samples } = useSession();
  const [fills, setFills] = useState<readonly Fill[]>([]);
  useEffect(() => {
    let ticks = 0;
    const look = () => {
      ticks += 1;
      if (ticks <= 3 || ticks % lookEverySeconds === 0) setFills((before) => readFills(status, samples, before));
    };
    look();
    return clock.subscribe(look);
  }, [status, samples]);
  return fills;
}

function readFills(status: Status, samples: SampleStore, before: readonly Fill[]): Fill[] {
  const levels = new Map(before.map((fill) => [fillKey(fill), fill.level]));
  const levelled = (fill: Omit<Fill, "level">): Fill => ({
    ...fill,
    level: fillLevel(fill.what, fill.share, levels.get(fillKey(fill))),
  });
  const online = status.nodes.filter((node) => node.state === "online").map((node) => node.name);
  const ofNodes = online.flatMap((node): Fill[] => {
    const value = (column: Parameters<SampleStore["nodeSeries"]>[1]) => latest(samples.nodeSeries(node, column));
    const about = { node, container: null, instance: null };
    return [
      levelled({ ...about, what: "memory", share: shareOf(value("memoryBytes"), value("memoryLimitBytes")) }),
      levelled({ ...about, what: "disk", share: shareOf(value("diskUsedBytes"), value("diskSizeBytes")) }),
    ];
  });
  const ofContainers = status.instances
    .filter((instance) => online.includes(instance.node))
    .flatMap(({ node, name, containers }) =>
      containers.map(({ name: container }): Fill => {
        const used = latest(samples.containerSeries(node, container, "memoryBytes"));
        const limit = latest(samples.containerSeries(node, container, "memoryLimitBytes"));
        return levelled({ node, container, instance: name, what: "memory", share: shareOf(used, limit) });
      }),
    );
  return [...ofNodes, ...ofContainers];
}
