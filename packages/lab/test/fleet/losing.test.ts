/** Nodes that go away: cut off from the network, destroyed behind Berth's back, out of disk space. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { planSchema } from "@berth/shared/operations/plan";
import { waitFor } from "../../src/host/wait.ts";
import { isolateNode, reconnectNode } from "../../src/lab.ts";
import { ProxmoxClient } from "../proxmox-client.ts";
import { convergedExample, type TestFleet } from "./fixture.ts";
import { containerId, containers, type Guest } from "./guest.ts";
import { recordedEvents } from "./records.ts";
import { stepErrors } from "./runs.ts";

let fleet: TestFleet;

beforeAll(async () => {
  fleet = await convergedExample();
});

describe("a node that is cut off from the network", () => {
  const address = "10.0.6.12";
  const container = "user2-openwebui";
  let guest: Guest;
  let before: Map<string, string>;
  let cutOffAt: number;

  beforeAll(async () => {
    guest = await fleet.guest("user2");
    before = await containers(guest);
    cutOffAt = Date.now();
    await isolateNode(fleet.lab, address);
  });

  // Whatever fails, the plug is put back in.
  afterAll(() => reconnectNode(fleet.lab, address));

  it("is shown as offline, and its instances as unknown", async () => {
    const { nodes, instances } = await fleet.waitForStatus("Node user2 offline", 60_000, (status) =>
      status.nodes.some(({ name, state }) => name === "user2" && state === "offline"),
    );
    expect(nodes.filter(({ state }) => state === "online").map(({ name }) => name)).toEqual([
      "shared",
      "user1",
      "user3",
    ]);
    const states = new Set(instances.filter(({ node }) => node === "user2").map(({ state }) => state));
    expect(states).toEqual(new Set(["unknown"]));
  });

  it("holds up nobody else: other nodes answer, plans are made, and what needs it fails at once", async () => {
    expect(await fleet.berth(["exec", "user1-openwebui", "--", "true"])).toMatchObject({ exitCode: 0 });
    const plan = await fleet.json(planSchema, ["apply", fleet.file, "--plan"], { deadlineMs: 30_000 });
    expect(new Set(plan.operations.map(({ node }) => node))).not.toContain("user1");
    const there = await fleet.berth(["exec", container, "--", "true"], { deadlineMs: 15_000 });
    expect(there).toMatchObject({ exitCode: 8, stderr: expect.stringContaining("user2") });
  });

  it("goes on by itself: its containers run, and one that dies is brought back", async () => {
    expect(await containers(guest)).toEqual(before);
    await guest.run(["docker", "kill", container]);
    await waitFor({
      what: `${container}, running again`,
      deadlineMs: 60_000,
      intervalMs: 200,
      check: () => containerId(guest, container),
    });
  });

  it("comes back by itself, and tells what happened meanwhile", async () => {
    const reconnectedAt = Date.now();
    await reconnectNode(fleet.lab, address);
    await fleet.waitForStatus("Node user2 online and healthy", 90_000, ({ nodes, instances }) => {
      const isOnline = nodes.some(({ name, state }) => name === "user2" && state === "online");
      return isOnline && instances.every(({ state }) => state === "healthy");
    });
    const repairs = (): number[] =>
      recordedEvents(fleet.controller, cutOffAt)
        .filter(({ kind, instance }) => kind === "drift" && instance === container)
        .map(({ data }) => Date.parse(String(data["nodeAt"])));
    // How it is now comes first, and what happened behind it.
    const told = await waitFor({
      what: "The word of what happened meanwhile",
      deadlineMs: 30_000,
      check: () => (repairs().length > 0 ? repairs() : undefined),
    });
    expect(told).toHaveLength(1);
    expect(told[0]).toBeGreaterThan(cutOffAt);
    expect(told[0]).toBeLessThan(reconnectedAt);
    expect(await fleet.json(planSchema, ["apply", fleet.file, "--plan"])).toEqual({ operations: [], warnings: [] });
  });
});

describe("an LXC that was destroyed behind Berth's back", () => {
  it("is planned, made again, and gets back all it had", async () => {
    const guest = await fleet.guest("user3");
    // As the instance itself would: what another role owns, its login cannot back up.
    const query = (statement: string) => {
      const asOwner = `set role user3_n8n; ${statement}`;
      const client = ["psql", "-U", "postgres", "-d", "user3_n8n", "-qAtc", asOwner];
      return fleet.succeed(["exec", "shared-postgres", "--", ...client]);
    };
    await query("create table if not exists kept as select 'kept' as what");
    const encryptionKey = await environmentOf(guest, "user3-n8n", "N8N_ENCRYPTION_KEY");
    const proxmox = ProxmoxClient.start(fleet.lab, "token");
    try {
      const path = `/nodes/pve/lxc/${guest.vmid}`;
      expect(await proxmox.perform("DELETE", path, { force: true, purge: true })).toBe("OK");
    } finally {
      await proxmox.stop();
    }

    const { operations } = await fleet.json(planSchema, ["apply", fleet.file, "--plan"]);
    expect(new Set(operations.map(({ node }) => node))).toEqual(new Set(["user3"]));
    expect(operations.map(({ change, id }) => `${change} ${id}`)).toEqual(
      expect.arrayContaining([
        "create lxc.ensure/user3",
        "create agent.ensure/user3",
        "create instance.ensure/user3-openwebui",
        "create instance.ensure/user3-n8n",
        "create instance.ensure/user3-flowise",
      ]),
    );

    expect(await fleet.berth(["apply", fleet.file, "--yes"])).toMatchObject({ exitCode: 0 });
    const { nodes, instances } = await fleet.status();
    expect(nodes.map(({ state }) => state)).toEqual(["online", "online", "online", "online"]);
    expect(instances.map(({ state }) => state)).toEqual(instances.map(() => "healthy"));
    expect((await query("select what from kept")).trim()).toBe("kept");
    expect(await environmentOf(await fleet.guest("user3"), "user3-n8n", "N8N_ENCRYPTION_KEY")).toBe(encryptionKey);
    expect((await fleet.json(planSchema, ["apply", fleet.file, "--plan"])).operations).toEqual([]);
  });

  async function environmentOf(guest: Guest, container: string, variable: string): Promise<string | undefined> {
    const format = "{{range .Config.Env}}{{println .}}{{end}}";
    const lines = (await guest.run(["docker", "inspect", "--format", format, container])).split("\n");
    return lines.find((line) => line.startsWith(`${variable}=`));
  }
});

describe("a node whose disk is full", () => {
  const container = "user1-openwebui";
  const fill = [
    "i=0",
    "for size in 4G 1G 256M 64M 16M 4M 1M 256K 64K 4K; do",
    "  while fallocate --length $size /var/fill.$i 2>/dev/null; do i=$((i+1)); done",
    "done",
    // What fallocate could not get piecewise, writing gets.
    "cat /dev/zero > /var/fill.$i 2>/dev/null || true",
  ].join("\n");

  it("fails with a clear sentence, keeps what runs, and converges once there is space", async () => {
    const guest = await fleet.guest("user1");
    const before = await containerId(guest, container);
    const older = fleet.example.replace(
      "  user1: { node: user1 }\n",
      "  user1: { node: user1, services: { openwebui: { version: v0.11.1 } } }\n",
    );
    await guest.run(["sh", "-c", fill], { deadlineMs: 120_000 });
    try {
      const { exitCode, stderr } = await fleet.apply(older, "--accept-downgrade");
      expect({ exitCode, stderr }).toMatchObject({ exitCode: 8 });
      expect(await stepErrors(fleet)).toContainEqual(
        expect.objectContaining({ code: "disk.full", message: expect.stringContaining("no space is left") }),
      );
      expect(await containerId(guest, container)).toBe(before);
    } finally {
      await guest.run(["sh", "-c", "rm --force /var/fill.*"]);
    }
    expect(await fleet.apply(older, "--accept-downgrade")).toMatchObject({ exitCode: 0 });
    expect(await guest.run(["docker", "inspect", "--format", "{{.Config.Image}}", container])).toContain("v0.11.1");
    expect(await fleet.berth(["apply", fleet.file, "--yes"])).toMatchObject({ exitCode: 0 });
  });
});
