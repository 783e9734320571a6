/** Whether what is held is held at a version, and what is upgraded automatically is there. Pure. */
import type { Finding } from "./check.ts";
import type { Fleet, Overrides } from "./schema.ts";
import type { Path } from "./source.ts";
import { suggestion } from "./suggest.ts";

/** What follows `berth upgrade` and is no service. */
export const upgradeCommands: readonly string[] = ["check", "list", "hold", "release"];

export function checkUpgrades({ tenants, services, upgrades, catalog }: Fleet): Finding[] {
  const taken = Object.keys(catalog)
    .filter((name) => upgradeCommands.includes(name))
    .map((name): Finding => {
      const message = `a service cannot be named '${name}': \`berth upgrade ${name}\` is a command`;
      return { path: ["catalog", name], message, at: "key" };
    });
  const shared = Object.entries(services.shared).map(([name, own]) => heldNowhere(["services", "shared", name], own));
  const ofTenants = Object.entries(tenants).flatMap(([tenant, entry]) =>
    Object.entries(entry.services).map(([name, own]) => heldNowhere(["tenants", tenant, "services", name], own)),
  );
  const known = [...Object.keys(services.tenant), ...Object.keys(services.shared)];
  const unknown = (upgrades.services ?? []).flatMap((name, index): Finding[] => {
    if (known.includes(name)) return [];
    const message = `the fleet has no service '${name}'${suggestion(name, known)}`;
    return [{ path: ["upgrades", "services", index], message }];
  });
  return [...shared.flat(), ...ofTenants.flat(), ...unknown, ...taken];
}

/** Held without a version, it would go along with the next upgrade of the others. */
function heldNowhere(path: Path, own: Overrides | false): Finding[] {
  if (own === false || own.hold !== true || own.version !== undefined) return [];
  return [{ path: [...path, "hold"], message: "needs the 'version' beside it that the instance stays on" }];
}
