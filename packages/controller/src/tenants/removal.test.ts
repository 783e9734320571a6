import { readFileSync } from "node:fs";
import { catalog } from "@berth/shared/catalog/index";
import { parseFleet } from "@berth/shared/fleet/parse";
import { operations } from "@berth/shared/operations/index";
import { describe, expect, test } from "vitest";
import { desiredState } from "../plan/desired.ts";
import { desiredOptions } from "../plan/test-fixtures.ts";
import { planTenantRemoval, withEveryService } from "./removal.ts";

const example = readFileSync(new URL("../../../../examples/valuechain/fleet.yaml", import.meta.url), "utf8");

interface Situation {
  keepData?: boolean;
  tenant?: string;
  /** Instances that have secrets. */
  known?: readonly string[];
}

function removalOf(text: string, { keepData = false, tenant = "user2", known = [] }: Situation = {}) {
  const { fleet, problems } = parseFleet(text, "fleet.yaml", catalog);
  if (fleet === null) throw new Error(JSON.stringify(problems));
  const desired = desiredState(withEveryService(fleet, catalog), desiredOptions);
  const hasSecrets = (instance: string) => known.includes(instance);
  const removal = planTenantRemoval({ name: tenant, yaml: text, fleet, desired, hasSecrets }, { keepData });
  return { ...removal, fleet: parseFleet(removal.text, "fleet.yaml", catalog).fleet };
}

describe("removing a tenant", () => {
  const { operations: planned, fleet } = removalOf(example);

  test("takes its LXC, and all it has in the stores, and at last its secrets", () => {
    const ids = planned.map(({ id }) => id);
    expect(ids[0]).toBe("lxc.remove/user2");
    expect(ids).toContain("database.remove/user2_n8n");
    expect(ids).toContain("database.remove/user2_flowise");
    expect(ids.at(-1)).toBe("secrets.remove/user2");
    expect(planned.at(-1)?.after).toEqual(ids.slice(0, -1));
  });

  test("names nothing of anybody else, and fits the operations' schemas", () => {
    for (const { kind, input } of planned) expect(operations[kind].input.parse(input)).toEqual(input);
    const text = JSON.stringify(planned);
    for (const other of ["user1", "user3", "shared_"]) expect(text).not.toContain(other);
  });

  test("leaves a fleet without it and its node", () => {
    expect(Object.keys(fleet?.tenants ?? {})).toEqual(["user1", "user3"]);
    expect(Object.keys(fleet?.nodes ?? {})).toEqual(["shared", "user1", "user3"]);
  });
});

test("with its data kept, only the instances go", () => {
  const { operations: planned, fleet } = removalOf(example, { keepData: true });
  expect(planned.map(({ id, input }) => [id, input])).toEqual(
    ["openwebui", "n8n", "flowise"].map((service) => [
      `instance.remove/user2/user2-${service}`,
      { node: "user2", instance: `user2-${service}`, volumes: false },
    ]),
  );
  expect(fleet?.nodes["user2"]).toBeDefined();
});

test("a host that Berth did not make stays, without the instances and their volumes", () => {
  const text = example.replace(/user2: \{ address: 10.0.6.12.*\}/, "user2: { address: 10.0.6.12 }");
  const { operations: planned, fleet } = removalOf(text);
  expect(planned.some(({ kind }) => kind === "lxc.remove")).toBe(false);
  expect(planned.filter(({ kind }) => kind === "instance.remove").map(({ input }) => input)).toEqual(
    ["openwebui", "n8n", "flowise"].map((service) => ({ node: "user2", instance: `user2-${service}`, volumes: true })),
  );
  expect(fleet?.nodes["user2"]).toBeDefined();
});

test("an LXC that holds shared services, too, stays with them", () => {
  const text = example.replace("    minio: { node: shared }", "    minio: { node: user2 }");
  const { operations: planned, fleet } = removalOf(text);
  expect(planned.some(({ kind }) => kind === "lxc.remove")).toBe(false);
  expect(planned.filter(({ kind }) => kind === "instance.remove")).toHaveLength(3);
  expect(fleet?.services.shared["minio"]).toMatchObject({ node: "user2" });
});

describe("a service that the tenant no longer has", () => {
  const without = example.replace("user2: { node: user2 }", "user2: { node: user2, services: { flowise: false } }");

  test("goes with what it left", () => {
    const ids = removalOf(without, { known: ["user2-flowise"] }).operations.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(["database.remove/user2_flowise", "collections.remove/user2-flowise"]));
    const bare = without.replace(/user2: \{ address: 10.0.6.12.*\}/, "user2: { address: 10.0.6.12 }");
    expect(removalOf(bare, { known: ["user2-flowise"] }).operations.map(({ id }) => id)).toContain(
      "instance.remove/user2/user2-flowise",
    );
  });

  test("is not named where there never was one", () => {
    expect(JSON.stringify(removalOf(without).operations)).not.toContain("flowise");
  });
});

test("nothing of a tenant whose name begins with that of the removed", () => {
  const text = example.replaceAll("user3", "user2-n8n-x");
  expect(JSON.stringify(removalOf(text).operations)).not.toContain("user2-n8n-x");
  expect(JSON.stringify(removalOf(text, { tenant: "user2-n8n-x" }).operations)).not.toMatch(/user2-n8n"|user2_n8n"/);
});

test("a suspended tenant goes with all that it would run with", () => {
  const text = example.replace("user2: { node: user2 }", "user2: { node: user2, suspended: true }");
  expect(removalOf(text).operations).toEqual(removalOf(example).operations);
});
