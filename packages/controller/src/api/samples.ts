import { getSamples } from "@berth/shared/api/metrics";
import type { LiveSamples } from "@berth/shared/api/live";
import type { FastifyInstance } from "fastify";
import { scopedSamples } from "../accounts/scope.ts";
import { serveEndpoint } from "./endpoint.ts";

export interface SamplesApi {
  recent: (query: { seconds: number; node?: string }) => LiveSamples[];
}

export function serveSamples(app: FastifyInstance, samples: SamplesApi): void {
  serveEndpoint(app, getSamples, async ({ query: { seconds, node }, scope }) => ({
    nodes: samples
      .recent({ seconds, ...(node === undefined ? {} : { node }) })
      .flatMap((ofNode) => scopedSamples(ofNode, scope) ?? []),
  }));
}
