import { getCapacity, postCapacity, type Capacity } from "@berth/shared/api/capacity";
import type { FastifyInstance } from "fastify";
import { serveEndpoint } from "./endpoint.ts";

export interface CapacityApi {
  /** Of the present desired state; throws `not-found` when there is none. */
  present: () => Promise<Capacity>;
  /** Of a fleet file; throws `fleet.invalid`. */
  ofFile: (file: { yaml: string; file: string }) => Promise<Capacity>;
}

export function serveCapacity(app: FastifyInstance, capacity: CapacityApi): void {
  serveEndpoint(app, getCapacity, () => capacity.present());
  serveEndpoint(app, postCapacity, ({ body }) => capacity.ofFile(body));
}
