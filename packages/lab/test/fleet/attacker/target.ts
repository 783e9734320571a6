/** What the attacker is told, and what it tells. It runs inside a tenant's container; the test is outside. */
import * as z from "zod";

export const targetSchema = z.object({
  /** The tenant gone bad, and one that it is after. */
  own: z.string(),
  victim: z.string(),
  /** Address of the shared node, of the victim's, and of the controller. */
  shared: z.string(),
  victimAddress: z.string(),
  controller: z.string(),
  /** Environment of the tenant's containers by service: all that it holds. */
  environments: z.record(z.string(), z.record(z.string(), z.string())),
  /** Databases of others and of nobody. */
  databases: z.array(z.string()),
  collections: z.array(z.string()),
  buckets: z.array(z.string()),
});
export type Target = z.output<typeof targetSchema>;

/** `refused`: it got an answer that says no, or none at all; `admitted`: it got in. */
export const attemptSchema = z.object({
  name: z.string(),
  outcome: z.enum(["admitted", "refused"]),
  detail: z.string(),
});
export type Attempt = z.output<typeof attemptSchema>;

/** One thing to try. What it throws is the refusal; what it gives is what it got. */
export interface Try {
  name: string;
  run: () => Promise<unknown>;
}
