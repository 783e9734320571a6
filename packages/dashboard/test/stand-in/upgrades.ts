/** Versions, what there is to move to, and upgrades that were made, of the stand-in's fleet. */
import type { InstanceStatus } from "@berth/shared/api/status";
import { upgradeCheckSchema, upgradeSchema, type Upgrade, type UpgradeCheck } from "@berth/shared/api/upgrades";

type Newer = readonly [patch: string | null, minor: string | null, major: string | null];
const newer: Readonly<Record<string, Newer>> = {
  n8n: ["2.41.5", "2.43.0", null],
  openwebui: [null, "v0.12.0", null],
  postgres: ["17.12", null, "18.2"],
};

export function makeCheck(now: number, instances: readonly InstanceStatus[]): UpgradeCheck {
  const services = [...new Set(instances.map(({ service }) => service))];
  return upgradeCheckSchema.parse({
    services: services.map((service) => ({
      ...{ service, image: `docker.io/${service}/${service}`, problem: null },
      checkedAt: new Date(now - 3_700_000).toISOString(),
    })),
    instances: instances.map(({ name, service, version }) => {
      const [patch, minor, major] = newer[service] ?? [null, null, null];
      const held = name === "user2-n8n";
      const notes = service === "n8n" ? ["Its database is migrated one way: it goes back with its data"] : [];
      const rebuilt = service === "redis" ? `sha256:${"0123456789ab".padEnd(64, "c")}` : null;
      return { instance: name, service, version, patch, minor, major, rebuilt, held, notes };
    }),
  });
}

/** One upgrade that went well, and one that went back on its second instance. */
export function makeUpgrades(now: number): Upgrade[] {
  const at = (minutesAgo: number) => new Date(now - minutesAgo * 60_000).toISOString();
  const move = (tenant: string, service: string, from: string, to: string, minutesAgo: number) => ({
    ...{ instance: `${tenant}-${service}`, from, to, outcome: "upgraded", reason: null },
    ...{ startedAt: at(minutesAgo), endedAt: at(minutesAgo - 1), gapMilliseconds: 4_180 + minutesAgo },
  });
  return [
    {
      ...{ id: "flowise-20261128-091500-77aa", service: "flowise", version: "3.2.0", startedAt: at(1500) },
      instances: [
        move("user1", "flowise", "3.1.4", "3.2.0", 1500),
        {
          ...move("user2", "flowise", "3.1.4", "3.2.0", 1497),
          outcome: "went-back",
          reason: "user2-flowise was not healthy for 30 s: Error: SQLITE_ERROR: no such column: chat_flow.workspaceId",
        },
      ],
    },
    {
      ...{ id: "n8n-20261120-121500-3f2a", service: "n8n", version: "2.41.3", startedAt: at(13_000) },
      instances: ["user1", "user2", "user3"].map((tenant, index) =>
        move(tenant, "n8n", "2.40.0", "2.41.3", 13_000 - 3 * index),
      ),
    },
  ].map((upgrade) => upgradeSchema.parse(upgrade));
}
