import { listTenants } from "@berth/shared/api/tenants";
import { defineCommand } from "../define-command.ts";
import { tenantLines } from "../render/tenant.ts";

export default defineCommand({
  examples: [
    { command: "berth tenant list", does: "tenants, their nodes, and how many of their instances are healthy" },
  ],
  run: async ({ client }) => (await client()).call(listTenants, {}),
  render: ({ tenants }, { style }) => tenantLines(tenants, style),
});
