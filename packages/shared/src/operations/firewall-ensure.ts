import * as z from "zod";
import { nameSchema } from "../names.ts";
import { defineOperation } from "./define.ts";

const networkSchema = z.union([z.ipv4(), z.cidrv4()]);

/** The first rule that fits a new connection decides; one that no rule fits is let through. */
export const firewallRuleSchema = z
  .strictObject({
    networks: z.array(networkSchema).nullable().describe("The other side: where it comes from, or leads to; null: any"),
    ports: z
      .array(z.int().min(1).max(65_535))
      .nullable()
      .describe("TCP ports it is made to; null: any port and protocol"),
    verdict: z.enum(["accept", "drop"]),
    connections: z
      .int()
      .min(1)
      .optional()
      .describe(
        "Inbound only: a drop rule with it drops only what one address opens beyond that many connections at a time, " +
          "to all of the ports together; what is open already stays open",
      ),
  })
  .refine(({ connections, verdict }) => connections === undefined || verdict === "drop", {
    error: "only a drop rule can have connections",
    path: ["connections"],
  });

/** What may be opened on a node and from its containers, derived from the fleet. */
export const firewallSpecSchema = z.strictObject({
  node: nameSchema,
  hash: z.string().describe("Of the rules: equal hashes mean nothing to do"),
  inbound: z
    .array(firewallRuleSchema)
    .describe("To the node and to its published ports, as seen before Docker's own translation"),
  outbound: z.array(firewallRuleSchema).describe("From the node's containers to anywhere outside the node"),
});
export type FirewallRule = z.output<typeof firewallRuleSchema>;
export type FirewallSpec = z.output<typeof firewallSpecSchema>;

/** Makes the node's packet filter be as specified; connections that exist are judged, too. */
export const firewallEnsure = defineOperation({
  kind: "firewall.ensure",
  runsOn: "agent",
  deadlineSeconds: 60,
  input: firewallSpecSchema,
  result: z.object({ changed: z.boolean() }),
  resource: () => "firewall",
});
