/** Refuses what the account's role is too low for, as a controller does. */
import type { Account, Role } from "@berth/shared/api/accounts";
import { listAlerts } from "@berth/shared/api/alerts";
import { listEvents } from "@berth/shared/api/events";
import { getRun, listRuns } from "@berth/shared/api/runs";
import { listUpgrades } from "@berth/shared/api/upgrades";
import { BerthError } from "@berth/shared/errors";

const ranks: readonly Role[] = ["tenant", "viewer", "operator", "admin"];
const guarded: readonly [path: RegExp, role: Role][] = [
  ...[listAlerts, listEvents, listRuns, getRun, listUpgrades].map(
    ({ path, role }) => [new RegExp(`^${path.replace(":id", "\\d+")}$`), role as Role] as [RegExp, Role],
  ),
];

export function refuse(path: string, { name, role }: Account): void {
  // A tenant's account may read the logs of its own.
  const isLog = /^\/api\/instances\/[^/]+\/logs$/.test(path) && role !== "tenant";
  const needed = isLog ? "operator" : guarded.find(([pattern]) => pattern.test(path))?.[1];
  if (needed === undefined || ranks.indexOf(role) >= ranks.indexOf(needed)) return;
  throw new BerthError("forbidden", `This needs the role '${needed}'; account '${name}' has '${role}'`, {
    hint: "Ask an admin for another role: 'berth account set'.",
  });
}
