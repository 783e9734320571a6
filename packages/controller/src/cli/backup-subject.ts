/** How commands on backups name what they are about: a tenant, an instance, or everything. */
import type { ArgumentDefinition, OptionDefinition } from "./define-command.ts";

export const subjectArgument = {
  description: "Tenant, or one instance: user1, user1-n8n, shared-neo4j",
  optional: true,
  completes: "tenant",
} as const satisfies ArgumentDefinition;

export const allOption = {
  kind: "flag",
  description: "Every tenant and shared service",
} as const satisfies OptionDefinition;
