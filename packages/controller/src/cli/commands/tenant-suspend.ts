import { suspendTenant } from "@berth/shared/api/tenants";
import { tenantStateCommand } from "../runs/tenant-state.ts";

export default tenantStateCommand(suspendTenant, {
  details:
    "Its instances are taken down, its routes withdrawn, and its logins shut out of PostgreSQL; volumes, databases, " +
    "collections, buckets and keys are kept. It stays so when a fleet file is applied that does not say otherwise.",
  example: { command: "berth tenant suspend user3", does: "take user3 off the air and keep what it has" },
});
