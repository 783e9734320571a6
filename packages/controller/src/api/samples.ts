import { setImmediate as breathe } from "node:timers/promises";
import { getSamples } from "@berth/shared/api/metrics";
import type { LiveSamples } from "@berth/shared/api/live";
import type { FastifyInstance } from "fastify";
import { scopedSamples } from "../accounts/scope.ts";
import { serveEndpoint, Written } from "./endpoint.ts";

export interface SamplesApi {
  recent: (query: { seconds: number; node?: string }) => Promise<LiveSamples[]>;
}

/** Pages that come back together, after the controller did, get one answer. */
const sharedMilliseconds = 1000;
/** Rows that are written in one go: some milliseconds. */
const rowsAtOnce = 2000;

export function serveSamples(app: FastifyInstance, samples: SamplesApi): void {
  const shared = new Map<string, Promise<Buffer>>();

  function sharedAnswer(query: { seconds: number; node?: string }): Promise<Buffer> {
    const key = JSON.stringify(query);
    const known = shared.get(key);
    if (known !== undefined) return known;
    const answer = samples.recent(query).then(write);
    const forget = (): void => void shared.delete(key);
    shared.set(key, answer);
    void answer.then(() => setTimeout(forget, sharedMilliseconds).unref(), forget);
    return answer;
  }

  serveEndpoint(app, getSamples, async ({ query: { seconds, node }, scope }) => {
    const query = { seconds, ...(node === undefined ? {} : { node }) };
    if (scope === null) return new Written(await sharedAnswer(query));
    const own = [...scope.nodes].filter((one) => node === undefined || one === node);
    const all = await Promise.all(own.map((one) => samples.recent({ seconds, node: one })));
    return new Written(await write(all.flat().flatMap((ofNode) => scopedSamples(ofNode, scope) ?? [])));
  });
}

/** As the contract says, bit by bit: of five hundred containers it is tens of megabytes, and others wait for their turn. */
async function write(nodes: readonly LiveSamples[]): Promise<Buffer> {
  const pieces = ['{"nodes":['];
  for (const [index, { node, containers, frames }] of nodes.entries()) {
    const head = JSON.stringify({ node, containers }).slice(0, -1);
    pieces.push(`${index === 0 ? "" : ","}${head},"frames":[`);
    const size = Math.max(1, Math.floor(rowsAtOnce / (containers.length + 1)));
    for (let from = 0; from < frames.length; from += size) {
      const some = JSON.stringify(frames.slice(from, from + size)).slice(1, -1);
      pieces.push(from === 0 ? some : `,${some}`);
      await breathe();
    }
    pieces.push("]}");
  }
  return Buffer.from(`${pieces.join("")}]}`);
}
