import { describe, expect, test } from "vitest";
import { exampleDesired } from "../plan/test-fixtures.ts";
import { planRotation } from "./plan-rotation.ts";
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
