import { resumeTenant } from "@berth/shared/api/tenants";
import { tenantStateCommand } from "../runs/tenant-state.ts";

export default tenantStateCommand(resumeTenant, {
  details: "Brings its instances and routes back, and looks at them from outside.",
  example: { command: "berth tenant resume user3", does: "bring user3 back" },
});
