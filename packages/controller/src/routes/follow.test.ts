import { EventEmitter } from "node:events";
import { mkdtemp, mkdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TraefikConfiguration } from "@berth/shared/routes/traefik";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { parse } from "yaml";
import type { HubEvents } from "../agents/types.ts";
import type { Inventory } from "../inventory/database.ts";
import { listEvents } from "../inventory/events.ts";
import { openInventory } from "../inventory/open.ts";
import { traefikConfiguration } from "./configuration.ts";
import { followRoutes, type RoutesFollower } from "./follow.ts";
import { fleetWith, routesOf } from "./testing/fleet.ts";

const fleet = fleetWith({ router: { address: "10.0.4.10" } });
const published = traefikConfiguration(fleet, routesOf(fleet));

let state: string;
let directory: string;
let inventory: Inventory;
let follower: RoutesFollower;
let configuration: TraefikConfiguration;
const events = new EventEmitter<HubEvents>();
const warn = vi.fn();

beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), "berth-follow-"));
  directory = join(state, "dynamic");
  inventory = await openInventory({ file: join(state, "inventory.sqlite") });
  configuration = {};
  warn.mockClear();
});
afterEach(async () => {
  await follower.close();
  await inventory.close();
  await rm(state, { recursive: true });
});

function follow(): void {
  const routes = { publication: async () => ({ directory, configuration }) };
  follower = followRoutes({ routes, hub: { events }, inventory, logger: { warn } });
}

async function content(): Promise<unknown> {
  return parse(await readFile(join(directory, "berth.yaml"), "utf8"));
}

test("the file is there from the start, and follows what changes", async () => {
  await mkdir(directory);
  follow();
  await vi.waitFor(async () => expect(await content()).toEqual({}));
  configuration = published;
  events.emit("instance.gone", { node: "user1", name: "user1-flowise" });
  await vi.waitFor(async () => expect(await content()).toEqual(published));
  configuration = {};
  follower.look();
  await follower.close();
  expect(await content()).toEqual({});
  expect(events.eventNames()).toEqual([]);
});

test("what is in the way is an event, told once, and ends nothing", async () => {
  follow();
  const told = () => listEvents(inventory.database);
  await vi.waitFor(async () => expect(await told()).toHaveLength(1));
  follower.look();
  follower.look();
  await follower.close();
  expect(await told()).toMatchObject([
    { kind: "routes.failed", message: expect.stringContaining(`cannot be written to ${directory}: it is not there`) },
  ]);
  expect(warn).toHaveBeenCalledTimes(1);
  await mkdir(directory);
  follower.look();
  await follower.close();
  expect(await content()).toEqual({});
  await rm(directory, { recursive: true });
  follower.look();
  await follower.close();
  expect(await told()).toHaveLength(2);
});
