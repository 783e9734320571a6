/** What `berth top` knows: the fleet's state and the newest sample of each node, folded from the live stream. */
import { liveEvents, type LiveSamples } from "@berth/shared/api/live";
import type { Status } from "@berth/shared/api/status";
import type { Frame } from "@berth/shared/metrics/samples";
import type { ServerEvent } from "../client/client.ts";

/** The newest frame of a node. */
export interface Reading {
  containers: LiveSamples["containers"];
  frame: Frame;
  /** When it came, in milliseconds since the epoch by this machine's clock. */
  seenAt: number;
}

export interface Picture {
  /** null: not told yet. */
  status: Status | null;
  /** By node. */
  readings: ReadonlyMap<string, Reading>;
}

export const emptyPicture: Picture = { status: null, readings: new Map() };

/** The picture with what an event tells. Pure. */
export function withEvent(picture: Picture, { event, data }: ServerEvent, now: number): Picture {
  switch (event) {
    case "status":
      return { ...picture, status: liveEvents.status.parse(data) };
    case "node": {
      const node = liveEvents.node.parse(data);
      return withStatus(picture, (status) => ({ ...status, nodes: replaced(status.nodes, node) }));
    }
    case "node.gone":
      return withoutNode(picture, liveEvents["node.gone"].parse(data).name);
    case "instance": {
      const instance = liveEvents.instance.parse(data);
      return withStatus(picture, (status) => ({ ...status, instances: replaced(status.instances, instance) }));
    }
    case "instance.gone": {
      const { name } = liveEvents["instance.gone"].parse(data);
      return withStatus(picture, (status) => ({
        ...status,
        instances: status.instances.filter((instance) => instance.name !== name),
      }));
    }
    case "samples":
      return withSamples(picture, liveEvents.samples.parse(data), now);
    default:
      return picture;
  }
}

function withStatus(picture: Picture, change: (status: Status) => Status): Picture {
  return picture.status === null ? picture : { ...picture, status: change(picture.status) };
}

function withoutNode(picture: Picture, name: string): Picture {
  const readings = new Map(picture.readings);
  readings.delete(name);
  return withStatus({ ...picture, readings }, (status) => ({
    ...status,
    nodes: status.nodes.filter((node) => node.name !== name),
    instances: status.instances.filter(({ node }) => node !== name),
  }));
}

function replaced<Item extends { name: string }>(items: readonly Item[], item: Item): Item[] {
  return items.some(({ name }) => name === item.name)
    ? items.map((one) => (one.name === item.name ? item : one))
    : [...items, item];
}

/** Frames of the past, which an agent sends when it was cut off, change nothing. */
function withSamples(picture: Picture, { node, containers, frames }: LiveSamples, now: number): Picture {
  const before = picture.readings.get(node);
  const frame = frames.reduce<Frame | undefined>(
    (newest, one) => (newest === undefined || one.at > newest.at ? one : newest),
    undefined,
  );
  if (frame === undefined || (before !== undefined && before.frame.at >= frame.at)) return picture;
  return { ...picture, readings: new Map(picture.readings).set(node, { containers, frame, seenAt: now }) };
}
