import { getTenant } from "@berth/shared/api/tenants";
import { defineCommand } from "../define-command.ts";
import { tenantDetailLines } from "../render/tenant.ts";

export default defineCommand({
  arguments: { name: { description: "Name of the tenant", completes: "tenant" } },
  examples: [
    { command: "berth tenant show user1", does: "node, instances, databases, collections, buckets and keys of user1" },
  ],
  run: async ({ client, input }) => (await client()).call(getTenant, { params: { name: input.name } }),
  render: tenantDetailLines,
});
