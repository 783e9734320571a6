/** What an upgrade writes into the fleet's text, with the real text, parser and inventory. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { catalog } from "@berth/shared/catalog/index";
import type { Fleet } from "@berth/shared/fleet/schema";
import pLimit from "p-limit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createFleetStore, type FleetStore } from "../../apply/fleet-store.ts";
import type { Inventory } from "../../inventory/database.ts";
import { saveFleet } from "../../inventory/fleet.ts";
import { listInstances } from "../../inventory/instances.ts";
import { openInventory } from "../../inventory/open.ts";
import { desiredOf, example } from "../test-world.ts";
import { concludeVersion, recordVersion, type RecordDependencies } from "./record-version.ts";

let directory: string;
let inventory: Inventory;
let store: FleetStore;
let dependencies: RecordDependencies;
/** The desired states that others were told of. */
let told: Fleet[];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "berth-record-"));
  inventory = await openInventory({ file: join(directory, "inventory.sqlite") });
  store = createFleetStore(inventory.database, catalog);
  told = [];
  const serialize = pLimit(1);
  dependencies = {
    ...{ inventory, store, catalog, desired: desiredOf },
    exclusively: (work) => serialize(work),
    onChange: (fleet) => void told.push(fleet),
  };
});
afterEach(async () => {
  await inventory.close();
  rmSync(directory, { recursive: true });
});

/** The example's text with other lines for these tenants. */
async function given(tenants: Record<string, string> = {}, edit = (text: string) => text): Promise<string> {
  const text = Object.entries(tenants).reduce(
    (changed, [name, line]) => changed.replace(`  ${name}: { node: ${name} }`, `  ${name}: ${line}`),
    edit(example),
  );
  store.parse(text, "fleet.yaml");
  await saveFleet(inventory.database, { file: "fleet.yaml", yaml: text, account: "anna" });
  return text;
}

async function present(): Promise<{ fleet: Fleet; yaml: string }> {
  const found = await store.current();
  if (found === null) throw new Error("There is no fleet");
  return found;
}

/** Lines that are there now and were not before, and the other way round. */
async function difference(before: string): Promise<{ added: string[]; removed: string[] }> {
  const [old, now] = [before.split("\n"), (await present()).yaml.split("\n")];
  const without = (lines: string[], others: string[]) => lines.filter((line) => !others.includes(line));
  return { added: without(now, old), removed: without(old, now) };
}

const record = (instance: string, version = "2.42.0") => recordVersion({ instance, version }, dependencies);
const conclude = (version = "2.42.0") => concludeVersion({ service: "n8n", version }, dependencies);
const own = (version: string) => `{ services: { n8n: { version: ${version} } }`;

describe("an instance that was proven", () => {
  test("has the version for itself; no other has, and every comment stays", async () => {
    const before = await given({ user1: "{ node: user1 } # the first customer" });
    await record("user1-n8n");
    const { fleet, yaml } = await present();
    expect(fleet.tenants["user1"]?.services["n8n"]).toMatchObject({ version: "2.42.0" });
    expect([fleet.tenants["user2"]?.services["n8n"], fleet.services.tenant["n8n"]?.version]).toEqual([
      undefined,
      undefined,
    ]);
    expect(yaml).toContain("# the first customer");
    const { removed } = await difference(before);
    expect(removed.every((line) => line.trim().startsWith("user1:"))).toBe(true);
  });

  test("is what the inventory wants it to be, and others are told", async () => {
    await given();
    await record("user1-n8n");
    const rows = await listInstances(inventory.database);
    const versions = rows.filter(({ service }) => service === "n8n").map(({ name, version }) => [name, version]);
    expect(versions).toContainEqual(["user1-n8n", "2.42.0"]);
    expect(versions).not.toContainEqual(["user2-n8n", "2.42.0"]);
    expect(told.map(({ tenants }) => tenants["user1"]?.services["n8n"])).toMatchObject([{ version: "2.42.0" }]);
  });

  test("of a shared service is the service itself", async () => {
    await given();
    await record("shared-qdrant", "v1.20.0");
    expect((await present()).fleet.services.shared["qdrant"]?.version).toBe("v1.20.0");
  });

  test("is written once, also after the controller was killed, and when the service's version is the same", async () => {
    await given();
    await record("user1-n8n");
    const { yaml } = await present();
    await record("user1-n8n");
    expect([(await present()).yaml, told.length]).toEqual([yaml, 1]);
    await given({}, (text) => text.replace("    n8n: #", "    n8n: { version: 2.42.0 } #"));
    await record("user1-n8n");
    expect(told).toHaveLength(1);
    expect((await present()).fleet.tenants["user1"]?.services).toEqual({});
  });

  test("keeps what else the fleet says of it", async () => {
    await given({ user2: "{ node: user2, services: { n8n: { hold: false, env: { TZ: Europe/Amsterdam } } } }" });
    await record("user2-n8n");
    expect((await present()).fleet.tenants["user2"]?.services["n8n"]).toEqual({
      ...{ hold: false, version: "2.42.0", env: { TZ: "Europe/Amsterdam" } },
    });
  });

  test("that the fleet no longer has is passed by", async () => {
    const before = await given({ user3: "{ node: user3, services: { n8n: false } }" });
    await record("user3-n8n");
    await record("user9-n8n");
    expect([(await present()).yaml, told]).toEqual([before, []]);
  });

  test("of one batch are all in the text, though they end at once", async () => {
    await given();
    await Promise.all(["user1-n8n", "user2-n8n", "user3-n8n"].map((instance) => record(instance)));
    const { fleet } = await present();
    expect(Object.values(fleet.tenants).map(({ services }) => services["n8n"])).toMatchObject(
      Array.from({ length: 3 }, () => ({ version: "2.42.0" })),
    );
  });

  test("says so where no fleet was applied", async () => {
    await expect(record("user1-n8n")).rejects.toMatchObject({ code: "not-found" });
    await expect(conclude()).rejects.toMatchObject({ code: "not-found" });
  });
});

describe("an upgrade that has ended", () => {
  const everywhere = Object.fromEntries(
    ["user1", "user2", "user3"].map((name) => [name, `${own("2.42.0")}, node: ${name} } # ${name}'s comment`]),
  );

  test("makes it the service's version, takes the tenants' own out, and keeps every comment", async () => {
    await given(everywhere);
    await conclude();
    const { fleet, yaml } = await present();
    expect(fleet.services.tenant["n8n"]?.version).toBe("2.42.0");
    expect(Object.values(fleet.tenants).map(({ services }) => services)).toEqual([{}, {}, {}]);
    for (const comment of example.match(/#.*$/gm) ?? []) expect(yaml).toContain(comment);
    for (const name of Object.keys(everywhere)) expect(yaml).toContain(`# ${name}'s comment`);
  });

  test("concludes once: again, it writes nothing", async () => {
    await given(everywhere);
    await conclude();
    const { yaml } = await present();
    await conclude();
    expect([(await present()).yaml, told.length]).toEqual([yaml, 1]);
  });

  test("after each instance was recorded, leaves the text as short as it was, and one line longer", async () => {
    const before = await given();
    for (const name of ["user1", "user2", "user3"]) await record(`${name}-n8n`);
    await conclude();
    const { fleet } = await present();
    expect(Object.values(fleet.tenants).map(({ services }) => services)).toEqual([{}, {}, {}]);
    const { added } = await difference(before);
    expect(added.filter((line) => line.includes("2.42.0"))).toHaveLength(1);
  });

  test("leaves to a tenant what else it says of the service, and what is held", async () => {
    await given({
      ...everywhere,
      user2: "{ node: user2, services: { n8n: { version: 2.42.0, env: { TZ: Europe/Amsterdam } } } }",
      user3: "{ node: user3, services: { n8n: { version: 2.40.7, hold: true } } }",
    });
    await conclude();
    const { tenants, services } = (await present()).fleet;
    expect(services.tenant["n8n"]?.version).toBe("2.42.0");
    expect(tenants["user1"]?.services).toEqual({});
    expect(tenants["user2"]?.services["n8n"]).toEqual({ env: { TZ: "Europe/Amsterdam" } });
    expect(tenants["user3"]?.services["n8n"]).toEqual({ version: "2.40.7", hold: true, env: {} });
  });

  test("leaves what is held at this very version its own", async () => {
    await given({ ...everywhere, user3: "{ node: user3, services: { n8n: { version: 2.42.0, hold: true } } }" });
    await conclude();
    expect((await present()).fleet.tenants["user3"]?.services["n8n"]).toMatchObject({ version: "2.42.0", hold: true });
  });

  test("leaves the comments of a tenant that is written over several lines", async () => {
    const lines = [
      "# the second customer",
      "    node: user2",
      "    services:",
      "      # still on its old workflows",
      "      n8n:",
      "        version: 2.42.0",
      "        env: { TZ: Europe/Amsterdam } # asked for by mail",
      "      flowise: { version: 3.1.2 } # not yet",
    ];
    await given({ ...everywhere, user2: lines.join("\n") });
    await conclude();
    const { fleet, yaml } = await present();
    const kept = lines.filter((line) => !line.includes("version: 2.42.0"));
    expect(yaml).toContain(kept.join("\n"));
    expect(fleet.tenants["user2"]?.services["n8n"]).toEqual({ env: { TZ: "Europe/Amsterdam" } });
  });

  test("does not wait for a suspended tenant, and leaves it its own version", async () => {
    await given({
      ...everywhere,
      user2: "{ node: user2, suspended: true, services: { n8n: { version: 2.40.7 } } }",
    });
    await conclude();
    const { tenants, services } = (await present()).fleet;
    expect(services.tenant["n8n"]?.version).toBe("2.42.0");
    expect(tenants["user2"]).toMatchObject({ suspended: true, services: { n8n: { version: "2.40.7" } } });
  });

  test.each([
    ["an instance has another version", { user2: `${own("2.41.3")}, node: user2 }` }],
    ["an instance has that of the service", { user2: "{ node: user2 }" }],
    [
      "all are held or suspended",
      {
        user1: "{ node: user1, suspended: true }",
        user2: "{ node: user2, services: { n8n: { version: 2.42.0, hold: true } } }",
        user3: "{ node: user3, services: { n8n: false } }",
      },
    ],
  ])("changes nothing where %s", async (_, tenants) => {
    const before = await given({ ...everywhere, ...tenants });
    await conclude();
    expect([(await present()).yaml, told]).toEqual([before, []]);
  });

  test("has nothing to write for a service that is shared", async () => {
    const before = await given();
    await concludeVersion({ service: "qdrant", version: "v1.20.0" }, dependencies);
    expect((await present()).yaml).toBe(before);
  });
});
