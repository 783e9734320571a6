import { z } from "zod";
import { liveSamplesSchema } from "./live.ts";
import { defineEndpoint } from "./define.ts";

/** The recent past of every node, so that a page opens with its curves drawn. */
export const getSamples = defineEndpoint({
  method: "GET",
  path: "/api/samples",
  summary: "Samples of the last seconds, by node",
  role: "viewer",
  query: z.object({ seconds: z.coerce.number().int().min(1).max(7200).default(300), node: z.string().optional() }),
  response: z.object({ nodes: z.array(liveSamplesSchema) }),
});
