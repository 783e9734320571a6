/** Upgrades on the fleet, and what is to be true after each of them. */
import { listUpgrades, type InstanceMove } from "@berth/shared/api/upgrades";
import { setInFleet } from "@berth/shared/fleet/edit";
import { planSchema } from "@berth/shared/operations/plan";
import { expect } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import type { BerthOptions, Outcome, TestFleet } from "./fixture.ts";
import { containerId, containers, type Guest } from "./guest.ts";

export const tenants = ["user1", "user2", "user3"] as const;
export const addresses = ["10.0.6.11", "10.0.6.12", "10.0.6.13"] as const;
const version = z.object({ version: z.string().optional() }).nullish();
const textSchema = z.object({
  tenants: z.record(z.string(), z.object({ services: z.record(z.string(), version.or(z.literal(false))).default({}) })),
  services: z.object({ tenant: z.record(z.string(), version) }),
});

export function upgrade(fleet: TestFleet, parameters: readonly string[], options?: BerthOptions): Promise<Outcome> {
  return fleet.berth(["upgrade", ...parameters], options);
}

/** What became of the instances of the newest upgrade. */
export async function latestMoves(fleet: TestFleet): Promise<Pick<InstanceMove, "instance" | "outcome" | "reason">[]> {
  const { upgrades } = await fleet.json(listUpgrades.response, ["upgrade", "list"]);
  return (upgrades[0]?.instances ?? []).map(({ instance, outcome, reason }) => ({ instance, outcome, reason }));
}

/** Versions that run, by instance of a service. */
export async function runningVersions(fleet: TestFleet, service: string): Promise<Record<string, string | null>> {
  const { instances } = await fleet.status();
  const found = instances.filter((instance) => instance.service === service && instance.state === "healthy");
  return Object.fromEntries(found.map(({ name, version: running }) => [name, running]));
}

/** Versions that the fleet's text asks for, by tenant; of the service itself under its name. */
export async function askedVersions(fleet: TestFleet, service: string): Promise<Record<string, string>> {
  const text = textSchema.parse(parse(await fleet.succeed(["fleet", "export"])));
  const own = Object.entries(text.tenants).flatMap(([tenant, { services }]) => {
    const entry = services[service];
    return entry == null || entry === false || entry.version === undefined ? [] : [[tenant, entry.version] as const];
  });
  const common = text.services.tenant[service]?.version;
  return Object.fromEntries([...own, ...(common === undefined ? [] : [[service, common] as const])]);
}

/** The desired state says what runs: its text, applied, changes nothing. */
export async function expectConverged(fleet: TestFleet): Promise<void> {
  const text = await fleet.succeed(["fleet", "export"]);
  const plan = await fleet.json(planSchema, ["apply", "-", "--plan", "--prune"], { input: text });
  expect(plan).toEqual({ operations: [], warnings: [] });
}

/** Running containers of a service, by tenant. */
export async function containerIds(fleet: TestFleet, service: string): Promise<Record<string, string | undefined>> {
  const ids = tenants.map(async (tenant) => {
    return [tenant, await containerId(await fleet.guest(tenant), `${tenant}-${service}`)] as const;
  });
  return Object.fromEntries(await Promise.all(ids));
}

/** On no tenant's node is a container that is not an instance's, nor a copy of a volume that is no longer needed. */
export async function expectNothingLeft(guests: readonly Guest[]): Promise<void> {
  for (const guest of guests) {
    const names = [
      ...(await containers(guest)).keys(),
      ...(await volumes(guest)).filter((name) => name.endsWith("-checkpoint")),
    ];
    expect(
      names.filter((name) => !/^user\d-[a-z0-9]+$/.test(name)),
      guest.address,
    ).toEqual([]);
  }
}

export async function volumes(guest: Guest): Promise<string[]> {
  return (await guest.run(["docker", "volume", "ls", "--format", "{{.Name}}"]))
    .split("\n")
    .filter((name) => name !== "");
}

/** The example with something of its own for one service of a tenant. */
export function withOverrides(
  text: string,
  tenant: (typeof tenants)[number],
  service: string,
  overrides: Readonly<Record<string, unknown>> | false,
): string {
  return setInFleet(text, ["tenants", tenant, "services", service], overrides);
}

/**
 * The tenants' instances of a service and all that is in their volumes go, for the next to begin with the version that
 * they began with: there is no way back from what a release has migrated.
 */
export async function removeWithVolumes(fleet: TestFleet, service: string, of: readonly (typeof tenants)[number][]) {
  const without = of.reduce((text, tenant) => withOverrides(text, tenant, service, false), fleet.example);
  const applied = await fleet.apply(without, "--prune");
  expect(applied, applied.stderr).toMatchObject({ exitCode: 0 });
  for (const tenant of of) {
    const guest = await fleet.guest(tenant);
    const gone = (await volumes(guest)).filter((name) => name.includes(`${tenant}-${service}-`));
    if (gone.length > 0) await guest.run(["docker", "volume", "rm", ...gone]);
  }
}
