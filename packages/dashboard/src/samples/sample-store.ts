/** The recent samples of every node, fed by the live stream. Mutable on purpose: a second brings hundreds of numbers. */
import type { LiveSamples } from "@berth/shared/api/live";
import { containerColumns, nodeColumns, type ContainerColumn, type NodeColumn } from "@berth/shared/metrics/samples";
import { TimeTable } from "./time-table.ts";

/** No container can have this name. */
const nodeGroup = "";

/** So long nothing but older samples comes only after the controller's clock was set back: what is here is of no time then. */
const staleMilliseconds = 10_000;

interface NodeSamples {
  table: TimeTable;
  /** Instance of each container. */
  instances: Map<string, string>;
  /** When its samples last came, by `performance.now()`; undefined: never. */
  receivedAt: number | undefined;
  /** When one of them was newer than all before, likewise. */
  renewedAt: number;
}

/** One column over time. Valid until the next batch arrives. */
export interface Series {
  time: Float64Array;
  values: Float64Array;
  begin: number;
  end: number;
}

export class SampleStore {
  readonly #capacity: number;
  readonly #nodes = new Map<string, NodeSamples>();
  readonly #listeners = new Set<(node: string) => void>();

  /** Keeps the newest `capacity` samples of each node. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Calls `listener` with the node's name after each change to its samples. Answers with what ends it. */
  subscribe(listener: (node: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Takes what the controller kept of the past; what is here of these nodes already is replaced. `received` counts as
   * a sign of life, so that a node that stays silent afterwards is found out.
   */
  load(batches: readonly LiveSamples[], received: number): void {
    for (const batch of batches) {
      const before = this.#nodes.get(batch.node);
      const node = this.#create(batch.node);
      node.receivedAt = before?.receivedAt ?? received;
      node.renewedAt = received;
      appendFrames(node, batch);
      this.#announce(batch.node);
    }
  }

  /** Takes a live batch. `received` is of the browser's monotonic clock, in milliseconds. */
  receive(batch: LiveSamples, received: number): void {
    let node = this.#nodes.get(batch.node) ?? this.#create(batch.node);
    const { newest } = node.table;
    appendFrames(node, batch);
    if (node.table.newest > newest) node.renewedAt = received;
    else if (received - node.renewedAt > staleMilliseconds) {
      node = this.#create(batch.node);
      appendFrames(node, batch);
      node.renewedAt = received;
    }
    node.receivedAt = received;
    this.#announce(batch.node);
  }

  /** Milliseconds since samples of the node came; undefined when none ever did. */
  silence(node: string, now: number): number | undefined {
    const receivedAt = this.#nodes.get(node)?.receivedAt;
    return receivedAt === undefined ? undefined : now - receivedAt;
  }

  /** Containers of an instance, or of the whole node, in the order they came. */
  containers(node: string, instance?: string): string[] {
    const entries = [...(this.#nodes.get(node)?.instances ?? [])];
    return entries.filter(([, of]) => instance === undefined || of === instance).map(([name]) => name);
  }

  nodeSeries(node: string, column: NodeColumn): Series | undefined {
    return this.#series(node, nodeGroup, nodeColumns.indexOf(column));
  }

  containerSeries(node: string, container: string, column: ContainerColumn): Series | undefined {
    return this.#series(node, container, containerColumns.indexOf(column));
  }

  #series(node: string, group: string, index: number): Series | undefined {
    const table = this.#nodes.get(node)?.table;
    const values = table?.group(group)?.[index];
    return table && values ? { time: table.time, values, begin: table.begin, end: table.end } : undefined;
  }

  #create(name: string): NodeSamples {
    const node = {
      table: new TimeTable(this.#capacity),
      instances: new Map<string, string>(),
      receivedAt: undefined,
      renewedAt: Number.POSITIVE_INFINITY,
    };
    this.#nodes.set(name, node);
    return node;
  }

  #announce(node: string): void {
    for (const listener of this.#listeners) listener(node);
  }
}

function appendFrames(node: NodeSamples, batch: LiveSamples): void {
  node.instances = new Map(batch.containers.map(({ name, instance }) => [name, instance]));
  for (const frame of batch.frames) {
    // Back-filled or repeated: the past comes whole with `load`.
    if (frame.at <= node.table.newest) continue;
    node.table.append(frame.at);
    node.table.write(nodeGroup, frame.node);
    frame.containers.forEach((row, position) => {
      const container = batch.containers[position];
      if (row && container) node.table.write(container.name, row);
    });
  }
}

/** The newest value of a series, NaN when there is none. */
export function latest(series: Series | undefined): number {
  return series && series.end > series.begin ? (series.values[series.end - 1] ?? Number.NaN) : Number.NaN;
}
