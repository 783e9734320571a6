import { listTenants } from "@berth/shared/api/tenants";
import { defineCommand } from "../define-command.ts";
import { tenantLines } from "../render/tenant.ts";

export default defineCommand({
  examples: [
    {
      command: "berth tenant list",
      does: "tenants, their nodes, how many of their instances are healthy, and those whose data were kept",
    },
  ],
  run: async ({ client }) => (await client()).call(listTenants, {}),
  render: ({ tenants }, options) => tenantLines(tenants, options),
});
