import * as z from "zod";
import { planSchema } from "../operations/plan.ts";
import { defineEndpoint } from "./define.ts";
import { runSchema } from "./runs.ts";

const fleetFileSchema = z.strictObject({
  yaml: z
    .string()
    .max(1024 * 1024)
    .describe("Text of the fleet file"),
  file: z.string().default("fleet.yaml").describe("Its name, for messages"),
  prune: z.boolean().default(false).describe("Remove what the file does not mention"),
  acceptDowngrade: z
    .boolean()
    .default(false)
    .describe("Go to older versions of services, which may not read what newer ones have written"),
});

/**
 * Of admins alone, though it changes nothing: to plan, the controller goes to the hosts and stores at the addresses that
 * the file says, with the passwords it has for them and the files that it names. The plan shows `env` as it is written.
 */
export const postPlan = defineEndpoint({
  method: "POST",
  path: "/api/plan",
  summary: "What applying the file would do; changes nothing",
  role: "admin",
  body: fleetFileSchema,
  response: planSchema,
});

export const postApply = defineEndpoint({
  method: "POST",
  path: "/api/apply",
  summary: "Makes the file the desired state and starts a run towards it; run is null when nothing is to be done",
  role: "admin",
  body: fleetFileSchema,
  response: z.object({ plan: planSchema, run: runSchema.nullable() }),
});

export const getFleetFile = defineEndpoint({
  method: "GET",
  path: "/api/fleet",
  summary: "The present desired state as a fleet file, comments kept",
  role: "admin",
  response: z.object({ yaml: z.string() }),
});

export const getInventory = defineEndpoint({
  method: "GET",
  path: "/api/inventory",
  summary: "Nodes, tenants and instances; format=ansible gives a dynamic inventory for Ansible",
  role: "viewer",
  query: z.object({ format: z.enum(["berth", "ansible"]).default("berth") }),
  response: z.record(z.string(), z.unknown()),
});
