/** The fleet file and the commands edit one desired state: what is kept, what goes, and what others read of it. */
import { beforeAll, describe, expect, it } from "vitest";
import { planSchema } from "@berth/shared/operations/plan";
import * as z from "zod";
import { ensurePackages } from "../../src/host/packages.ts";
import { type Argv, runCommand } from "../../src/host/command.ts";
import { tryInNamespace } from "../../src/network/namespace.ts";
import { convergedExample, isPatient, type TestFleet } from "./fixture.ts";
import { containerId } from "./guest.ts";

const user3 = "  user3: { node: user3 }\n";
const user3WithoutOpenWebui = "  user3: { node: user3, services: { openwebui: false } }\n";
const volume = "user3-openwebui-data";

let fleet: TestFleet;

beforeAll(async () => {
  fleet = await convergedExample();
});

describe("apply", () => {
  it("leaves alone what the file does not mention, and says so", async () => {
    const plan = await planOf(fleet.example.replace(user3, ""));
    expect(plan.operations).toEqual([]);
    expect(plan.warnings).toEqual([
      "tenants.user3 is not in stdin and stays as it is; `berth tenant remove user3` removes it",
    ]);
  });

  it("removes only under --prune, shows it before, and keeps the data", async () => {
    const changed = fleet.example.replace(user3, user3WithoutOpenWebui);
    const guest = await fleet.guest("user3");
    const before = await containerId(guest, "user3-openwebui");
    const made = await guest.run(["docker", "volume", "inspect", "--format", "{{.CreatedAt}}", volume]);

    const careful = await fleet.apply(changed);
    expect(careful, careful.stderr).toMatchObject({ exitCode: 0 });
    expect(await containerId(guest, "user3-openwebui")).toBe(before);

    const plan = await planOf(changed, "--prune");
    expect(plan.operations).toMatchObject([{ kind: "instance.remove", change: "remove", target: "user3-openwebui" }]);
    expect(await fleet.apply(changed, "--prune")).toMatchObject({ exitCode: 0 });
    expect(await containerId(guest, "user3-openwebui")).toBeUndefined();
    expect((await fleet.status()).instances.map(({ name }) => name)).not.toContain("user3-openwebui");
    expect(await guest.run(["docker", "volume", "inspect", "--format", "{{.CreatedAt}}", volume])).toBe(made);

    expect(await fleet.apply(fleet.example, "--prune")).toMatchObject({ exitCode: 0 });
    expect(await containerId(guest, "user3-openwebui")).toBeDefined();
    expect(await guest.run(["docker", "volume", "inspect", "--format", "{{.CreatedAt}}", volume])).toBe(made);
  });

  it.runIf(isPatient)("moves an LXC to another address, where its instances answer", async () => {
    await ensurePackages(["curl"]);
    const moved = fleet.example.replace("10.0.6.13", "10.0.6.23");
    const plan = await planOf(moved);
    expect(plan.operations[0]).toMatchObject({ id: "lxc.ensure/user3", reason: "address 10.0.6.13 -> 10.0.6.23" });
    try {
      const applied = await fleet.apply(moved);
      expect(applied, applied.stderr).toMatchObject({ exitCode: 0 });
      expect((await tryInNamespace(fleet.lab.namespace, curl("10.0.6.23:3000"))).exitCode).toBe(0);
      expect((await tryInNamespace(fleet.lab.namespace, curl("10.0.6.13:3000"))).exitCode).not.toBe(0);
      expect(await planOf(moved)).toEqual({ operations: [], warnings: [] });
    } finally {
      const back = await fleet.apply(fleet.example);
      expect(back, back.stderr).toMatchObject({ exitCode: 0 });
    }
  });

  it("refuses the same fleet under another name, which would be a second one at the same addresses", async () => {
    const renamed = await fleet.apply(fleet.example.replace("fleet: valuechain", "fleet: other"));
    expect(renamed).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining("this controller runs 'valuechain'"),
    });
  });

  function curl(place: string): Argv {
    return ["curl", "--silent", "--fail", "--max-time", "5", "--output", "/dev/null", `http://${place}/`];
  }

  function planOf(yaml: string, ...options: string[]): Promise<z.output<typeof planSchema>> {
    return fleet.json(planSchema, ["apply", "-", "--plan", ...options], { input: yaml });
  }
});

describe("fleet export", () => {
  it("gives the file back as it was applied, comments included", async () => {
    expect(`${(await fleet.succeed(["fleet", "export"])).trimEnd()}\n`).toBe(fleet.example);
  });
});

describe("inventory --format ansible", () => {
  it("is what ansible-inventory takes from a dynamic inventory", async () => {
    await ensurePackages(["ansible-core"]);
    const inventory = await fleet.succeed(["inventory", "--format", "ansible"]);
    // A script that prints the inventory, as somebody would write it; this one needs no controller.
    const script = await runCommand(["mktemp"]);
    await runCommand(["tee", script], { input: `#!/bin/sh\ncat <<'END'\n${inventory}\nEND\n` });
    await runCommand(["chmod", "700", script]);
    try {
      const graph = await runCommand(["ansible-inventory", "--inventory", script, "--list"], { deadlineMs: 60_000 });
      expect(JSON.parse(graph)).toMatchObject({
        _meta: { hostvars: { user1: { ansible_host: "10.0.6.11", ansible_user: "root", berth_tenant: "user1" } } },
        tenants: { hosts: ["user1", "user2", "user3"] },
        shared: { hosts: ["shared"] },
        service_postgres: { hosts: ["shared"] },
        service_n8n: { hosts: ["user1", "user2", "user3"] },
      });
    } finally {
      await runCommand(["rm", "--force", script]);
    }
  });
});
