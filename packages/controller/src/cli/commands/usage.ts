import { getUsage } from "@berth/shared/api/usage";
import { defineCommand } from "../define-command.ts";
import { usageLines } from "../render/usage.ts";

export default defineCommand({
  details:
    "CPU and memory of a tenant's containers on all nodes, and what it has in the shared stores, as these tell it: the size of its databases and who is connected, points in Qdrant, objects in its buckets. " +
    "Stores are asked at most every half minute; object stores count by themselves, now and then. Data that were kept of tenants that are gone are not told.\n\n" +
    'With --json: {"readAt", "owners": […], "databases": […], "collections": […], "buckets": […], "models": […], "unread": […]}, sizes in bytes, tenant null for what is shared.',
  arguments: {
    tenant: { description: "Only this tenant, database by database", optional: true, completes: "tenant" },
  },
  examples: [
    { command: "berth usage", does: "who uses how much of what" },
    { command: "berth usage user2", does: "each database, collection and bucket of user2" },
  ],
  run: async ({ client, input: { tenant } }) => (await client()).call(getUsage, { query: { tenant } }),
  render: usageLines,
});
