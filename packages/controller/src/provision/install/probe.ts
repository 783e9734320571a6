/** What a host is and what is installed on it, as the shell function `print_facts` says it. */
import { BerthError } from "@berth/shared/errors";
import * as z from "zod";

const absent = z.string().transform((text) => (text === "" ? null : text));

const probeSchema = z.object({
  os_name: z.string(),
  architecture: z.string(),
  container: z.string(),
  cgroup: z.coerce.number(),
  docker: z.enum(["absent", "stopped", "running"]),
  docker_version: absent,
  nftables: z.enum(["absent", "present"]),
  /** Version of Node that the agent has, or null. */
  runtime: absent,
  /** SHA-256 of the agent that it has, or null. */
  bundle: absent,
  /** SHA-256 of the unit files together, or null. */
  unit: absent,
  /** What `systemctl is-active` says. */
  service: z.string(),
  enrolled_node: absent,
  /** SHA-256 of the certificate of the CA that it is enrolled with, or null. */
  enrolled_ca: absent,
  free_kilobytes: z.coerce.number(),
  /** Seconds since 1970, by its own clock. */
  clock: z.coerce.number(),
  /** Why Berth cannot manage it, or null. */
  refusal: absent,
});
export type Probe = z.output<typeof probeSchema>;

/** Reads `name=value` lines; what else stands there (a greeting of the login shell) is passed over. */
export function parseProbe(text: string, place: string): Probe {
  const facts: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const match = /^([a-z_]+)=(.*)$/.exec(line);
    if (match?.[1] !== undefined) facts[match[1]] = match[2] ?? "";
  }
  const probe = probeSchema.safeParse(facts);
  if (!probe.success) {
    throw new BerthError("install.failed", `${place} did not say what it is: ${z.prettifyError(probe.error)}`);
  }
  return probe.data;
}
