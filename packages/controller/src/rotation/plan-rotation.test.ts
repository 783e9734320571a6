import { describe, expect, test } from "vitest";
import { desiredState } from "../plan/desired.ts";
import { desiredOptions, exampleDesired, exampleFleet } from "../plan/test-fixtures.ts";
import { planRotation } from "./plan-rotation.ts";
import { rotationKind, untaken } from "./untaken.ts";
import { secretUses, type SecretUse } from "./secret-uses.ts";

const rule = { length: 32, alphabet: "alphanumeric" } as const;
const uses = new Map(
  secretUses(exampleDesired(), ["user9-n8n/database", "user1/openrouterKey"]).map((use) => [use.name, use]),
);

function useOf(name: string): SecretUse | undefined {
  return uses.get(name);
}

function after(versions: Record<string, number>) {
  return exampleDesired({ secretVersion: (name) => versions[name] ?? 1 });
}

describe("each secret of the example", () => {
  test.each([
    ["user1-n8n/database", "login", "user1-n8n"],
    ["user1-n8n/jwtSecret", "replace", "user1-n8n"],
    ["user2-flowise/sessionSecret", "replace", "user2-flowise"],
    ["shared-postgres/superuserPassword", "superuser", "shared-postgres"],
  ])("%s is rotated by %s", (name, means, instance) => {
    expect(useOf(name)).toMatchObject({ means, instance, usedBy: [instance] });
  });

  test.each([
    ["user1-n8n/encryptionKey", "the credentials in its database are encrypted with it"],
    ["user9-n8n/database", "no running instance uses it"],
    ["user1/openrouterKey", "no running instance uses it"],
  ])("%s is not: %s", (name, refusal) => {
    expect(useOf(name)).toMatchObject({ means: null, refusal });
  });

  test("a key that a person gave is that person's to change", () => {
    const desired = exampleDesired({ givenSecret: (name) => (name === "user1/openrouterKey" ? 1 : null) });
    const use = secretUses(desired).find(({ name }) => name === "user1/openrouterKey");
    expect(use).toMatchObject({
      means: null,
      usedBy: ["user1-openwebui"],
      refusal: expect.stringContaining("set-key"),
    });
  });

  test("a value that several know does not change under any of them", () => {
    const desired = exampleDesired();
    const [first, second] = desired.instances.filter(
      ({ spec }) => spec.service === "redis" || spec.service === "postgres",
    );
    const reference = { SHARED: "${secret:shared-redis/password@1}" };
    const containers = (second ?? first)?.spec.containers.map((container) => ({ ...container, env: reference })) ?? [];
    const instances = desired.instances.map((instance) =>
      instance === first ? { ...instance, spec: { ...instance.spec, containers } } : instance,
    );
    const use = secretUses({ ...desired, instances }).find(({ name }) => name === "shared-redis/password");
    expect(use).toMatchObject({ means: null, refusal: expect.stringContaining("know one value at a time") });
  });
});

describe("the token of the metrics", () => {
  const token = "berth-prometheus/token";
  const fleet = exampleFleet();
  const { shared } = fleet.services;
  const monitored = {
    ...fleet,
    services: { ...fleet.services, shared: { ...shared, prometheus: { node: "shared", env: {} } } },
  };

  test("gets to the Prometheus of the fleet in the same run, and to nobody else", () => {
    const desired = desiredState(monitored, { ...desiredOptions, secretVersion: (name) => (name === token ? 2 : 1) });
    const [use] = secretUses(desired).filter(({ name }) => name === token);
    expect(use).toMatchObject({ means: "scraper", usedBy: ["shared-prometheus"] });
    const operations = planRotation("berth-prometheus", [{ name: token, version: 2, means: "scraper", rule }], desired);
    expect(operations.map(({ id, node, after: before }) => [id, node, before])).toEqual([
      ["secrets.rotate/berth-prometheus", null, []],
      ["instance.ensure/shared-prometheus", "shared", ["secrets.rotate/berth-prometheus"]],
    ]);
    const texts = JSON.stringify(operations);
    expect(texts).toContain("${secret:berth-prometheus/token@2}");
    expect(texts).not.toContain("${secret:berth-prometheus/token@1}");
  });

  test("stays when its Prometheus did not take it: the former one is good for days, and the next plan brings it", () => {
    const desired = desiredState(monitored, desiredOptions);
    const [rotate, replaced] = planRotation(
      "berth-prometheus",
      [{ name: token, version: 2, means: "scraper", rule }],
      desired,
    );
    const step = (operation: typeof rotate, state: string) => ({ ...operation, state });
    const steps = [step(rotate, "succeeded"), step(replaced, "failed")];
    // It looks at the kind, the state and the input of each step alone.
    const run: unknown = { kind: rotationKind, steps };
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    expect(untaken(run as Parameters<typeof untaken>[0])).toBeNull();
  });
});

describe("the run", () => {
  const summary = (operations: ReturnType<typeof planRotation>) =>
    operations.map(({ id, change, node, after: before }) => `${change} ${id} on ${node} after ${before.join(", ")}`);

  test("of a database's password ends the old login only after the instance has moved to the new", () => {
    const secrets = [{ name: "user1-n8n/database", version: 2, means: "login", rule }] as const;
    const operations = planRotation("user1-n8n", secrets, after({ "user1-n8n/database": 2 }));
    expect(summary(operations)).toEqual([
      "update secrets.rotate/user1-n8n on user1 after ",
      "update database.ensure/user1_n8n on shared after secrets.rotate/user1-n8n",
      "update instance.ensure/user1-n8n on user1 after secrets.rotate/user1-n8n, database.ensure/user1_n8n",
      "remove logins.retire/user1_n8n on shared after instance.ensure/user1-n8n",
    ]);
    const environment = operations.flatMap((operation) =>
      operation.kind === "instance.ensure" ? operation.input.containers.map(({ env }) => env) : [],
    );
    expect(environment).toMatchObject([
      { DB_POSTGRESDB_USER: "user1_n8n.v2", DB_POSTGRESDB_PASSWORD: "${secret:user1-n8n/database@2}" },
    ]);
  });

  test("of a value that the instance alone knows has nothing to end", () => {
    const secrets = [{ name: "user1-n8n/jwtSecret", version: 2, means: "replace", rule }] as const;
    expect(summary(planRotation("user1-n8n", secrets, after({ "user1-n8n/jwtSecret": 2 })))).toEqual([
      "update secrets.rotate/user1-n8n on user1 after ",
      "update instance.ensure/user1-n8n on user1 after secrets.rotate/user1-n8n",
    ]);
  });

  test("of the superuser's password restarts nothing", () => {
    const name = "shared-postgres/superuserPassword";
    const operations = planRotation(
      "shared-postgres",
      [{ name, version: 2, means: "superuser", rule }],
      after({ [name]: 2 }),
    );
    expect(summary(operations)).toEqual([
      "update secrets.rotate/shared-postgres on shared after ",
      "update superuser.ensure/shared-postgres on shared after secrets.rotate/shared-postgres",
    ]);
    const [before, now] = [after({}), after({ [name]: 2 })].map(({ instances }) =>
      instances.map(({ spec }) => spec.hash),
    );
    expect(now).toEqual(before);
  });

  test("holds no value of a secret", () => {
    const secrets = [{ name: "user1-n8n/database", version: 2, means: "login", rule }] as const;
    expect(JSON.stringify(planRotation("user1-n8n", secrets, after({})))).not.toMatch(/"(?:password|value)":/i);
  });
});
