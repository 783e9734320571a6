/** What an operator does by hand: look into instances, take hosts in and let them go, stop a run. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { planSchema } from "@berth/shared/operations/plan";
import { setInFleet } from "@berth/shared/fleet/edit";
import { listRuns } from "@berth/shared/api/runs";
import { getUsage } from "@berth/shared/api/usage";
import { createJoinToken, removeNode } from "@berth/shared/api/nodes";
import * as z from "zod";
import { runBerth } from "../../src/demo/cli.ts";
import { waitFor } from "../../src/host/wait.ts";
import { clearFaults, injectFault } from "../../src/proxmox/faults.ts";
import { ProxmoxClient } from "../proxmox-client.ts";
import { convergedExample, type TestFleet } from "./fixture.ts";
import { guestAt, waitForDocker } from "./guest.ts";
import { run } from "./runs.ts";

let fleet: TestFleet;
let proxmox: ProxmoxClient;

beforeAll(async () => {
  fleet = await convergedExample();
  proxmox = ProxmoxClient.start(fleet.lab, "token");
});

afterAll(() => proxmox.stop());

describe("berth usage", () => {
  it("tells of a tenant's databases what PostgreSQL itself tells, and adds up what its containers use", async () => {
    const { owners, databases, collections, buckets, unread } = await fleet.json(getUsage.response, ["usage", "user1"]);
    expect(unread).toEqual([]);
    const psql = ["exec", "shared-postgres", "--", "psql", "-U", "postgres", "-At", "-F", " ", "-c"];
    const query = "select datname, pg_database_size(oid) from pg_database where datname like 'user1%' order by 1";
    const sizes = (await fleet.succeed([...psql, query])).trim().split("\n");
    expect(sizes.map((line) => line.split(" ")[0])).toEqual(["user1_flowise", "user1_n8n"]);
    for (const line of sizes) {
      const [name, size] = line.split(" ");
      const told = databases.find(({ database }) => database === name);
      // It may have grown between the two looks, by a few pages.
      expect(Math.abs((told?.bytes ?? 0) - Number(size)), name).toBeLessThan(2 * 1024 ** 2);
    }
    expect(databases.find(({ database }) => database === "user1_n8n")?.connections).toBeGreaterThan(0);
    expect(collections.map(({ collection }) => collection)).toContain("user1_openwebui_files");
    expect(buckets.map(({ bucket }) => bucket)).toContain("user1-uploads");
    expect(owners).toEqual([expect.objectContaining({ tenant: "user1" })]);
    // Three programs of Node and Python.
    expect(owners[0]?.memoryBytes).toBeGreaterThan(100 * 1024 ** 2);
  });
});

describe("berth exec", () => {
  it.each([0, 1, 7, 255])("ends with the exit code of the command: %i", async (code) => {
    const { exitCode, stdout } = await fleet.berth([
      "exec",
      "user1-openwebui",
      "--",
      "sh",
      "-c",
      `echo $0; exit ${code}`,
      "it's",
    ]);
    expect({ exitCode, stdout }).toEqual({ exitCode: code, stdout: "it's" });
  });

  it("is in the fleet's history, without what the command was told", async () => {
    await fleet.succeed(["exec", "user1-openwebui", "--", "sh", "-c", "true", "hunter2"]);
    const history = await fleet.succeed(["event", "list", "--instance", "user1-openwebui", "--kind", "exec"]);
    expect(history).toContain("local asked to run sh in user1-openwebui");
    expect(history).not.toContain("hunter2");
  });

  it("passes stdin on, and what comes back whole", async () => {
    const many = 20_000;
    const query = `select repeat('x', 100) from generate_series(1, ${many});`;
    const psql = ["exec", "-i", "shared-postgres", "--", "psql", "-U", "postgres", "-At"];
    const lines = (await fleet.succeed(psql, { input: query })).split("\n");
    expect(lines).toHaveLength(many);
    expect(new Set(lines)).toEqual(new Set(["x".repeat(100)]));
  });

  it("says so when there is no such instance", async () => {
    expect(await fleet.berth(["exec", "user9-n8n", "--", "true"])).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining("user9-n8n"),
    });
  });
});

describe("berth logs", () => {
  it("gives as many of the last lines as asked for", async () => {
    const lines = (await fleet.succeed(["logs", "shared-postgres", "--tail", "5"])).split("\n");
    expect(lines).toHaveLength(5);
  });

  it("follows: lines that come later are shown until the reader has had enough", async () => {
    const marker = `said-${Date.now()}`;
    const following = runBerth(fleet.controller.socket, ["logs", "shared-postgres", "--tail", "0", "--follow"], {
      stdin: "ignore",
      timeout: 60_000,
    });
    // The server logs statements that fail. Until the log is followed it is too early: it is said until it is seen.
    const ended = new AbortController();
    const saying = (async () => {
      const say = ["exec", "shared-postgres", "--", "psql", "-U", "postgres", "-c", `select "${marker}"`];
      while (!ended.signal.aborted) await fleet.berth(say);
    })();
    try {
      let isSeen = false;
      for await (const line of following) isSeen ||= line.includes(marker) && following.kill("SIGINT");
      expect(isSeen).toBe(true);
    } finally {
      ended.abort();
      await saying;
    }
  });
});

describe("a run that is under way", () => {
  const node = { address: "10.0.6.15", proxmox: "pve", template: "tenant" };

  it("keeps a second apply out, which says why, and can be cancelled", async () => {
    await injectFault(fleet.lab.stateDirectory, { kind: "delay-task", taskType: "vzcreate", delayMs: 20_000 });
    try {
      const withNode = setInFleet(fleet.example, ["nodes", "late"], node);
      const first = fleet.apply(withNode, "--json");
      const id = await waitFor({
        what: "A run that makes an LXC",
        deadlineMs: 30_000,
        intervalMs: 200,
        check: async () => {
          const { runs } = await fleet.json(listRuns.response, ["run", "list"]);
          return runs.find(({ state }) => state === "running")?.id;
        },
      });
      const exported = await fleet.succeed(["fleet", "export"]);
      const second = await fleet.apply(setInFleet(fleet.example, ["services", "shared", "redis", "env"], { A: "b" }));
      expect(second).toMatchObject({ exitCode: 4, stderr: expect.stringContaining(`un ${id}`) });
      expect(await fleet.succeed(["fleet", "export"])).toBe(exported);

      expect(await fleet.berth(["run", "cancel", String(id)])).toMatchObject({ exitCode: 0 });
      expect(await first).toMatchObject({ exitCode: 10 });
      const ofNode = (await run(fleet, id)).steps.filter((step) => step.node === "late");
      expect(ofNode.map(({ kind, state }) => [kind, state])).toEqual(
        ["lxc.ensure", "agent.ensure", "firewall.ensure"].map((kind) => [kind, "cancelled"]),
      );
    } finally {
      await clearFaults(fleet.lab.stateDirectory);
    }
    // What was begun at Proxmox VE comes to its end there, and the next run takes it on instead of making a second.
    expect(await fleet.apply(setInFleet(fleet.example, ["nodes", "late"], node))).toMatchObject({ exitCode: 0 });
    const lxcs = z.array(z.looseObject({ vmid: z.int(), name: z.string() }));
    const late = lxcs.parse(await proxmox.request("GET", "/nodes/pve/lxc")).filter(({ name }) => name === "late");
    expect(late).toHaveLength(1);
  });

  it("leaves a node that can be removed without a trace on its host", async () => {
    const guest = await guestAt(fleet.lab, node.address);
    expect(await guest.run(["systemctl", "is-active", "berth-agent.service"])).toBe("active");
    expect(await fleet.berth(["node", "remove", "late"])).toMatchObject({ exitCode: 0 });
    expect((await fleet.status()).nodes.map(({ name }) => name)).not.toContain("late");
    expect(await traces(guest)).toBe("");
    await destroy(guest.vmid);
    expect((await fleet.json(planSchema, ["apply", fleet.file, "--plan"])).operations).toEqual([]);
  });
});

describe("a host that nobody can reach", () => {
  const address = "10.0.6.16";

  it("becomes a node by the line of `berth node token`, and ceases to be one", async () => {
    const vmid = 316;
    expect(
      await proxmox.perform("POST", "/nodes/pve/lxc", {
        vmid,
        ostemplate: fleet.lab.proxmox.template,
        hostname: "pasted",
        cores: 1,
        memory: 1024,
        rootfs: "local-lvm:4",
        net0: `name=eth0,bridge=vmbr0,ip=${address}/24,gw=10.0.6.1`,
        features: "nesting=1",
        unprivileged: true,
        start: true,
      }),
    ).toBe("OK");
    const guest = await guestAt(fleet.lab, address);
    await waitForDocker(guest);
    const { command } = await fleet.json(createJoinToken.response, ["node", "token", "pasted", address]);
    await guest.run(["sh", "-c", command], { deadlineMs: 120_000 });
    await fleet.waitForStatus("The node online", 60_000, ({ nodes }) =>
      nodes.some(({ name, state }) => name === "pasted" && state === "online"),
    );
    // It came by itself: the firewalls follow with the next apply.
    await fleet.succeed(["apply", fleet.file, "--yes"]);
    expect((await fleet.json(planSchema, ["apply", fleet.file, "--plan"])).operations).toEqual([]);

    // Berth cannot get there to clean up: it says what to run there, and that works.
    const removed = await fleet.json(removeNode.response, ["node", "remove", "pasted"]);
    expect(removed).toMatchObject({ enrolled: true, uninstalled: false, uninstallCommand: expect.any(String) });
    expect((await fleet.status()).nodes.map(({ name }) => name)).not.toContain("pasted");
    await guest.run(["sh", "-c", removed.uninstallCommand ?? "false"], { deadlineMs: 60_000 });
    expect(await traces(guest)).toBe("");
    await destroy(vmid);
  });
});

/** Files, units, processes of Berth that are on a host. */
async function traces(guest: Awaited<ReturnType<typeof guestAt>>): Promise<string> {
  const search = [
    "ls -d /opt/berth* /var/lib/berth* /etc/systemd/system/*berth* /etc/systemd/system/*/*berth* 2>/dev/null",
    "systemctl list-units --all --plain --no-legend 'berth*'",
    // The brackets keep the search from finding itself.
    "pgrep --full --list-full 'berth[-]agent'",
    "docker ps --all --quiet --filter label=berth.instance",
    "true",
  ].join("\n");
  return (await guest.run(["sh", "-c", search])).trim();
}

async function destroy(vmid: number): Promise<void> {
  expect(await proxmox.perform("DELETE", `/nodes/pve/lxc/${vmid}`, { force: true, purge: true })).toBe("OK");
}
