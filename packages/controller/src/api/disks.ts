import { listDisks, type NodeDisks } from "@berth/shared/api/disks";
import type { FastifyInstance } from "fastify";
import { scopedDisks } from "../accounts/scope.ts";
import { serveEndpoint } from "./endpoint.ts";

export interface DisksApi {
  /** Of every node that told something, or of one. */
  read: (node?: string) => NodeDisks[];
}

export function serveDisks(app: FastifyInstance, disks: DisksApi): void {
  serveEndpoint(app, listDisks, async ({ query: { node }, scope }) => ({
    nodes: disks.read(node).flatMap((ofNode) => scopedDisks(ofNode, scope) ?? []),
  }));
}
