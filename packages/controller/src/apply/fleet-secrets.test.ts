import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Secret } from "@berth/shared/secret";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Inventory } from "../inventory/database.ts";
import { openInventory } from "../inventory/open.ts";
import { openSecrets, type Secrets } from "../secrets/open.ts";
import { createFleetSecrets, type FleetSecrets } from "./fleet-secrets.ts";

let directory: string;
let inventory: Inventory;
let secrets: Secrets;
let fleetSecrets: FleetSecrets;

const key = { name: "shared-qdrant/apiKey", generated: { length: 32, alphabet: "alphanumeric" as const } };
const token = (claims: Record<string, unknown>) => ({
  name: "user1-app/collectionsToken",
  token: { signedWith: key.name, claims },
});

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "berth-fleet-secrets-"));
  inventory = await openInventory({ file: join(directory, "inventory.sqlite") });
  secrets = await openSecrets({ inventory, key: Buffer.alloc(32, 1) });
  fleetSecrets = createFleetSecrets(secrets);
});

afterEach(async () => {
  await inventory.close();
  await rm(directory, { recursive: true });
});

/** The version that a plan shows, and the one that there is once it was carried out. */
async function versions(need: ReturnType<typeof token>): Promise<[number, number | null]> {
  const planned = fleetSecrets.secretVersion(need.name, need.token);
  await fleetSecrets.ensure([need, key]);
  return [planned, secrets.version(need.name)];
}

test("the version of a token that a plan shows is the one that it gets", async () => {
  const first = token({ access: ["one"] });
  expect(await versions(first)).toEqual([1, 1]);
  expect(await versions(first)).toEqual([1, 1]);
  expect(await versions(token({ access: ["one", "two"] }))).toEqual([2, 2]);
});

test("another key makes another token", async () => {
  await versions(token({}));
  await secrets.put(key.name, new Secret("another-key-of-sufficient-length"));
  expect(await versions(token({}))).toEqual([2, 2]);
});

test("a secret that nobody gave has no version", () => {
  expect(fleetSecrets.givenSecret("user1/openrouterKey")).toBeNull();
});
