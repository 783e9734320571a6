/** The samples that the API answers with: those in memory, and what was before them from the history. */
import type { LiveSamples } from "@berth/shared/api/live";
import type { Hub } from "../agents/types.ts";
import type { SamplesApi } from "../api/samples.ts";
import { joined } from "../metrics/history/frames.ts";
import type { History } from "../metrics/history/history.ts";

/** Nodes and containers that are read for one answer: a thousand take a second. Of a larger fleet, all charts but those of the first nodes begin empty. */
const mostGroups = 2000;

/** A controller begins with an empty memory: without the history, each upgrade of it would empty every chart. */
export function createSamplesApi(
  hub: Pick<Hub, "connections" | "recentSamples" | "samplesSince">,
  history: Pick<History, "frames">,
  now: () => number = Date.now,
): SamplesApi {
  const startedAt = now();
  async function missing(node: string, seconds: number): Promise<LiveSamples> {
    const from = now() - seconds * 1000;
    const to = hub.samplesSince(node) ?? now();
    return startedAt <= from || to <= from ? nothing(node) : history.frames({ node, from, to });
  }
  return {
    async recent({ seconds, node: wanted }) {
      const known = hub.connections().map(({ node }) => node);
      const nodes = known.filter((node) => wanted === undefined || node === wanted).toSorted();
      const earlier: LiveSamples[] = [];
      let groups = 0;
      for (const node of nodes) {
        const before = groups < mostGroups ? await missing(node, seconds) : nothing(node);
        earlier.push(before);
        groups += 1 + before.containers.length;
      }
      // Only now: a page that gets the answer drops what came meanwhile.
      return earlier
        .map((before) => joined(before, hub.recentSamples({ seconds, node: before.node })[0] ?? nothing(before.node)))
        .filter(({ frames }) => frames.length > 0);
    },
  };
}

function nothing(node: string): LiveSamples {
  return { node, containers: [], frames: [] };
}
