/** kill -9 in the middle of runs, at random moments: everything is carried on, and nothing is done twice. */
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { planSchema } from "@berth/shared/operations/plan";
import * as z from "zod";
import { ensureController } from "../../src/demo/controller.ts";
import { setInFleet } from "@berth/shared/fleet/edit";
import { ProxmoxClient } from "../proxmox-client.ts";
import { convergedExample, isPatient, type TestFleet } from "./fixture.ts";
import { containers, type Guest, killService, waitForDocker } from "./guest.ts";
import { runSchema } from "@berth/shared/api/runs";
import { killController } from "./kill-controller.ts";
import { Random } from "./random.ts";
import { run, waitForEnd } from "./runs.ts";
import { takeStartCensus } from "./census.ts";

/** A failure says its seed; BERTH_TEST_SEEDS="7 8 9" tries these instead. */
const seeds = (process.env["BERTH_TEST_SEEDS"] ?? (isPatient ? "1 2" : "1")).split(" ").map(Number);
const appliedSchema = z.object({ run: runSchema });

let fleet: TestFleet;

beforeAll(async () => {
  fleet = await convergedExample();
});

/** Whatever a test has killed and not brought back. */
afterEach(() => ensureController(fleet.lab));

describe("changing instances on every node", () => {
  const changed = ["shared-redis", "user1-openwebui", "user2-openwebui", "user3-openwebui"];
  const nodes = ["shared", "user1", "user2", "user3"];

  it.each(seeds)("is carried on after the controller was killed twice, each operation once (seed %i)", async (seed) => {
    const random = new Random(seed);
    await changeWhile(seed, async () => {
      await random.moment(3000);
      await killController(fleet.lab);
      await random.moment(1000);
      await ensureController(fleet.lab);
      await random.moment(2000);
      await killController(fleet.lab);
      await ensureController(fleet.lab);
    });
  });

  it.each(seeds)("is carried on after agents were killed, each operation once (seed %i)", async (seed) => {
    const random = new Random(seed + 1000);
    await changeWhile(seed + 1000, async (guests) => {
      for (const _ of guests) {
        await random.moment(1500);
        await killService(random.pick(guests), "berth-agent.service");
      }
    });
  });

  /** Gives four instances another environment, and has `disturb` happen meanwhile. */
  async function changeWhile(mark: number, disturb: (guests: Guest[]) => Promise<void>): Promise<void> {
    const guests = await Promise.all(nodes.map((node) => fleet.guest(node)));
    const census = await takeStartCensus(fleet.lab, guests);
    const former = await Promise.all(guests.map((guest) => containers(guest)));
    try {
      const env = { BERTH_TEST_MARK: `${mark}-${Date.now()}` };
      const yaml = ["shared/redis", "tenant/openwebui"].reduce(
        (text, path) => setInFleet(text, ["services", ...path.split("/"), "env"], env),
        fleet.example.replace("    openwebui: #", "    openwebui: {} #"),
      );
      const applied = await fleet.json(appliedSchema, ["apply", "-", "--yes", "--detach"], { input: yaml });
      await disturb(guests);
      const ended = await waitForEnd(fleet, applied.run.id, 180_000);
      expect(ended.steps.map(({ id, state }) => [id, state])).toEqual(
        changed.map((instance) => [`instance.ensure/${instance}`, "succeeded"]),
      );
      expect(census.starts().toSorted(), "each new container started once, and no other").toEqual(changed);
      for (const [index, guest] of guests.entries()) {
        const present = await containers(guest);
        const before: ReadonlyMap<string, string> = former[index] ?? new Map();
        expect([...present.keys()].toSorted(), "nothing left of the former ones").toEqual(
          [...before.keys()].toSorted(),
        );
        for (const [name, id] of present) expect(id === before.get(name), name).toBe(!changed.includes(name));
      }
      const plan = await fleet.json(planSchema, ["apply", "-", "--plan"], { input: yaml });
      expect(plan).toEqual({ operations: [], warnings: [] });
    } finally {
      await census.stop();
    }
  }
});

describe("replacing instances that take seconds to become healthy", () => {
  /** Each on another node: systemd gives a service up that is started too often. */
  const killings: [node: string, moment: number][] = [["user1", 2000]];
  if (isPatient) killings.push(["user2", 3000], ["user3", 5000]);
  it.each(killings)(
    "succeeds in this very run, although Docker on %s is killed %i ms into it",
    async (node, moment) => {
      const guest = await fleet.guest(node);
      const before = [...(await containers(guest)).keys()].toSorted();
      const env = { BERTH_TEST_MARK: `docker-${Date.now()}` };
      const services = { n8n: { env }, flowise: { env } };
      const yaml = setInFleet(fleet.example, ["tenants", node], { node, services });
      const applied = await fleet.json(appliedSchema, ["apply", "-", "--yes", "--detach"], { input: yaml });
      await pause(moment);
      await killService(guest, "docker.service");
      const ended = await waitForEnd(fleet, applied.run.id, 300_000);
      expect(ended.steps.map(({ id }) => id)).toEqual(
        expect.arrayContaining(["n8n", "flowise"].map((service) => `instance.ensure/${node}-${service}`)),
      );
      expect(ended.steps.filter(({ state }) => state !== "succeeded")).toEqual([]);
      expect([...(await containers(guest)).keys()].toSorted(), "nothing left of the former ones").toEqual(before);
      // The agent may have restarted Docker to free a port that it kept, and with it what was healthy already.
      const nothing = { operations: [], warnings: [] };
      const plan = async () => fleet.json(planSchema, ["apply", "-", "--plan"], { input: yaml });
      await expect.poll(plan, { timeout: 180_000, interval: 2_000 }).toEqual(nothing);
    },
  );
});

describe("making a tenant with its LXC", () => {
  it.each(seeds)("is carried on, although controller, agent and Docker are killed (seed %i)", async (seed) => {
    const random = new Random(seed + 2000);
    const tenant = `spare${seed}`;
    const yaml = withTenant(tenant);
    const applied = await fleet.json(appliedSchema, ["apply", "-", "--yes", "--detach"], { input: yaml });
    const killings = random.shuffle([
      () => killController(fleet.lab),
      async () => killOnNode(tenant, "berth-agent.service"),
      async () => killOnNode(tenant, "docker.service"),
      async () => killOnNode("shared", "berth-agent.service"),
    ]);
    for (const kill of killings) {
      await random.moment(8000);
      await kill();
      await ensureController(fleet.lab);
    }
    const ended = await waitForEnd(fleet, applied.run.id, 300_000);
    // Docker may have been away for longer than a step tries: then another apply mends it.
    if (ended.state !== "succeeded") expect(await fleet.apply(yaml)).toMatchObject({ exitCode: 0 });

    const plan = await fleet.json(planSchema, ["apply", "-", "--plan"], { input: yaml });
    expect(plan).toEqual({ operations: [], warnings: [] });
    const { instances } = await fleet.status();
    expect(instances.filter((instance) => instance.tenant === tenant).map(({ state }) => state)).toEqual(["healthy"]);
    const guest = await fleet.guest(tenant);
    expect([...(await containers(guest)).keys()]).toEqual([`${tenant}-openwebui`]);
    const attempts = (await run(fleet, applied.run.id)).steps.find(({ kind }) => kind === "lxc.ensure");
    expect(attempts).toMatchObject({ state: "succeeded" });
    await removeTenant(tenant, guest);
  });

  /** The example with one tenant more, on a node of its own, with one service. */
  function withTenant(tenant: string): string {
    const node = { address: "10.0.6.14", proxmox: "pve", template: "tenant" };
    const text = setInFleet(fleet.example, ["nodes", tenant], node);
    return setInFleet(text, ["tenants", tenant], { node: tenant, services: { n8n: false, flowise: false } });
  }

  /** Kills it if the node is there by now. */
  async function killOnNode(node: string, service: string): Promise<void> {
    const guest = await fleet.guest(node).catch(() => undefined);
    if (guest !== undefined) await killService(guest, service);
  }

  /** Exactly one LXC was made for it; it goes with everything in it. */
  async function removeTenant(tenant: string, guest: Guest): Promise<void> {
    await waitForDocker(guest);
    const withNode = setInFleet(fleet.example, ["nodes", tenant], {
      address: guest.address,
      proxmox: "pve",
      template: "tenant",
    });
    expect(await fleet.apply(withNode, "--prune")).toMatchObject({ exitCode: 0 });
    expect(await fleet.berth(["node", "remove", tenant])).toMatchObject({ exitCode: 0 });
    const proxmox = ProxmoxClient.start(fleet.lab, "token");
    try {
      const lxcs = z.array(z.looseObject({ vmid: z.int(), name: z.string() }));
      const present = lxcs.parse(await proxmox.request("GET", "/nodes/pve/lxc"));
      expect(present.filter(({ name }) => name === tenant)).toHaveLength(1);
      expect(await proxmox.perform("DELETE", `/nodes/pve/lxc/${guest.vmid}`, { force: true, purge: true })).toBe("OK");
    } finally {
      await proxmox.stop();
    }
    expect((await fleet.json(planSchema, ["apply", fleet.file, "--plan"])).operations).toEqual([]);
  }
});
