import { getSamples } from "@berth/shared/api/metrics";
import type { LiveSamples } from "@berth/shared/api/live";
import type { FastifyInstance } from "fastify";
import { serveEndpoint } from "./endpoint.ts";

export interface SamplesApi {
  recent: (query: { seconds: number; node?: string }) => LiveSamples[];
}

export function serveSamples(app: FastifyInstance, samples: SamplesApi): void {
  serveEndpoint(app, getSamples, ({ query: { seconds, node } }) =>
    Promise.resolve({ nodes: samples.recent({ seconds, ...(node === undefined ? {} : { node }) }) }),
  );
}
