import type * as z from "zod";
import type { Caller } from "./access.ts";
import type { ApiContext } from "./context.ts";
import { failure } from "./failures.ts";
import { type RawParameters, verifyParameters } from "./parameters.ts";

export type Method = "GET" | "POST" | "PUT" | "DELETE";

export interface EndpointDefinition<Schema extends z.ZodType> {
  method: Method;
  /** Below /api2/json, with `:name` for what varies. */
  path: string;
  /** Path, query and body parameters together, as Proxmox VE has them. */
  parameters: Schema;
  /** True for the login itself. */
  isPublic?: boolean;
  handle: (context: ApiContext, parameters: z.output<Schema>, caller: Caller) => Promise<unknown>;
}

/** An endpoint whose parameters are checked inside. */
export interface Endpoint {
  method: Method;
  path: string;
  isPublic: boolean;
  run: (context: ApiContext, raw: RawParameters, caller: Caller) => Promise<unknown>;
}

/** One entry of the API. Unknown nodes and wrong parameters never reach the handler. */
export function endpoint<Schema extends z.ZodType>(definition: EndpointDefinition<Schema>): Endpoint {
  return {
    method: definition.method,
    path: definition.path,
    isPublic: definition.isPublic ?? false,
    run: async (context, raw, caller) => {
      const { node } = raw;
      if (typeof node === "string" && node !== context.node) {
        const reason = `failed to get address info for: ${node}: Name or service not known`;
        throw failure(`hostname lookup '${node}' failed - ${reason}`);
      }
      return definition.handle(context, verifyParameters(definition.parameters, raw), caller);
    },
  };
}

/** An answer that also says how many entries there are in all. */
export class Page {
  readonly data: unknown[];
  readonly total: number;

  constructor(data: unknown[], total: number) {
    this.data = data;
    this.total = total;
  }
}
