/** Secrets stay where they are needed: nothing that is shown, logged, stored or listed holds the value of one. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Secret } from "@berth/shared/secret";
import { listRuns } from "@berth/shared/api/runs";
import { listSecrets, revealSecret } from "@berth/shared/api/secrets";
import { setInFleet } from "@berth/shared/fleet/edit";
import { planSchema } from "@berth/shared/operations/plan";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { findSecrets } from "../../../controller/src/secrets/find.ts";
import { controllerOf } from "../../src/demo/controller.ts";
import { runCommand } from "../../src/host/command.ts";
import { variable } from "./everything.ts";
import { convergedExample, isPatient, type TestFleet } from "./fixture.ts";

let fleet: TestFleet;
let secrets: Map<string, Secret>;

beforeAll(async () => {
  fleet = await convergedExample();
  const listed = await fleet.json(listSecrets.response, ["secret", "list"]);
  const values = await Promise.all(
    listed.secrets.map(async ({ name }) => {
      const { value } = await fleet.json(revealSecret.response, ["secret", "show", name, "--reveal"]);
      return [name, new Secret(value)] as const;
    }),
  );
  secrets = new Map(values);
});

/** Names of the secrets whose values are in a text. */
function found(text: string): string[] {
  return findSecrets(text, secrets).map(({ name }) => name);
}

it("there are secrets to look for, and looking finds them", () => {
  expect(secrets.size).toBeGreaterThan(40);
  for (const [name, secret] of secrets) expect(found(`before ${secret.reveal()} after`), name).toContain(name);
});

describe("no value of a secret is in", () => {
  it.each([
    [["status", "--json"]],
    [["secret", "list", "--json"]],
    [["tenant", "list", "--json"]],
    [["tenant", "show", "user1", "--json"]],
    [["route", "list", "--json"]],
    [["node", "show", "shared", "--json"]],
    [["inventory", "--json"]],
    [["inventory", "--format", "ansible"]],
    [["fleet", "export"]],
    [["catalog", "show", "supabase", "--json"]],
    [["capacity", "--json"]],
    [["run", "list", "--json"]],
    [["logs", "shared-langfuse", "--tail", "1000"]],
    [["logs", "user1-openwebui", "--tail", "1000"]],
  ])("what `berth %s` prints", async (parameters) => {
    const { stdout, stderr } = await fleet.berth(parameters);
    expect(found(stdout + stderr)).toEqual([]);
    expect(stdout.length).toBeGreaterThan(10);
  });

  it("the plan of changes that concern secrets", async () => {
    const input = setInFleet(fleet.example, ["services", "tenant", "n8n"], { env: { MARK: "1" }, memory: "2GiB" });
    const { stdout } = await fleet.berth(["apply", "-", "--plan", "--json"], { input });
    expect(stdout).toContain("instance.ensure/user1-n8n");
    expect(found(stdout)).toEqual([]);
  });

  it("any run, with its steps and its log", async () => {
    const { runs } = await fleet.json(listRuns.response, ["run", "list"]);
    for (const { id } of runs) {
      const shown = await fleet.succeed(["run", "show", String(id), "--json"]);
      const logs = await fleet.succeed(["run", "logs", String(id), "--json"]);
      expect(found(shown + logs), `run ${id}`).toEqual([]);
    }
    expect(runs).not.toEqual([]);
  });

  it("the logs of controller, router, Proxmox VE and registry", async () => {
    const directory = join(fleet.lab.stateDirectory, "log");
    const files = await readdir(directory);
    expect(files).toContain("controller.log");
    for (const file of files) expect(found(await readFile(join(directory, file), "utf8")), file).toEqual([]);
  });

  it("the inventory's file, its journal and its backups", async () => {
    const { stateDirectory } = controllerOf(fleet.lab);
    const files = (await readdir(stateDirectory, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile() && /sqlite/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name));
    expect(files).not.toEqual([]);
    for (const file of files) expect(found(await readFile(file, "latin1")), file).toEqual([]);
  });

  it("the arguments of any process, on this machine and in its LXCs", async () => {
    expect(found(await runCommand(["ps", "-ewwo", "args"]))).toEqual([]);
  });

  it("the log of any agent", async () => {
    for (const node of ["shared", "user1", "user2", "user3"]) {
      const guest = await fleet.guest(node);
      expect(found(await guest.run(["journalctl", "--unit", "berth-agent", "--no-pager"])), node).toEqual([]);
    }
  });

  it("what the page is made of and told", async () => {
    for (const path of ["/", "/api/status", "/api/tenants", "/api/routes", "/api/runs", "/api/secrets"]) {
      const answer = await ask(path);
      expect(found(answer), path).toEqual([]);
    }
  });

  function ask(path: string): Promise<string> {
    const socket = ["--unix-socket", fleet.controller.socket];
    return runCommand(["curl", "--silent", "--max-time", "10", ...socket, `http://localhost${path}`]);
  }
});

describe("a node", () => {
  it.each(["user1", "user2", "user3"])("%s holds its own tenant's secrets and no other's", async (tenant) => {
    const guest = await fleet.guest(tenant);
    const everything = found(await guest.run(["grep", "--recursive", "--text", "", "/var/lib/berth-agent"]));
    expect(everything).not.toEqual([]);
    expect(everything.filter((name) => !isOf(name, tenant))).toEqual([]);
  });

  /** Also under the names by which Berth keeps them for its backups: the same values. */
  function isOf(name: string, tenant: string): boolean {
    return [`${tenant}-`, `${tenant}/`, `backup-${tenant}/${tenant}-`].some((own) => name.startsWith(own));
  }
});

describe("secret rotate", () => {
  const name = "user3-n8n/database";

  it("moves an instance to a new login while it can be reached, and the old one ends", async () => {
    const before = await password();
    await fleet.succeed(["secret", "rotate", name]);
    expect(await password()).not.toBe(before);
    expect(await stateOfN8n()).toBe("healthy");
    expect(await logins()).toEqual([expect.stringMatching(/^user3_n8n\.v\d+$/)]);
    expect(await fleet.json(planSchema, ["apply", fleet.file, "--plan"])).toEqual({ operations: [], warnings: [] });
  });

  // A container that cannot log in is given up once Docker has started it again three times, which takes minutes.
  it.runIf(isPatient)(
    "brings the instance back to its former login when the new one does not get in, and succeeds when it does",
    async () => {
      const [former = ""] = await logins();
      const before = await password();
      // By name, and more than one, since a version's number is never given again: Berth refuses to work beside a line
      // that might keep itself out.
      const present = Number(/\d+$/.exec(former)?.[0]);
      const next = [1, 2, 3, 4, 5].map((step) => `"user3_n8n.v${present + step}"`).join(",");
      await editAccess(`1i host all ${next} all reject # a test`);
      onTestFinished(() => editAccess("/# a test$/d"));
      const failed = await fleet.berth(["secret", "rotate", name]);
      expect(failed.exitCode, failed.stdout + failed.stderr).toBe(8);
      expect(found(failed.stdout + failed.stderr)).toEqual([]);
      expect(failed.stderr).toContain("update instance user3-n8n: failed");
      await editAccess("/# a test$/d");
      await expect.poll(stateOfN8n, { timeout: 120_000, interval: 1000 }).toBe("healthy");
      expect(await password()).toBe(before);
      expect(await logins()).toEqual([former]);
      expect(await fleet.json(planSchema, ["apply", fleet.file, "--plan"])).toEqual({ operations: [], warnings: [] });
      await fleet.succeed(["secret", "rotate", name]);
      expect(await password()).not.toBe(before);
      expect(await logins()).not.toEqual([former]);
    },
  );

  /** Of who may get into the server, by a script of sed. */
  async function editAccess(script: string): Promise<void> {
    await sql(`copy (select 1) to program $$sed -i '${script}' "$PGDATA/pg_hba.conf"$$`);
    await sql("select pg_reload_conf()");
  }

  async function password(): Promise<string | undefined> {
    return variable(await fleet.guest("user3"), "user3-n8n", "DB_POSTGRESDB_PASSWORD");
  }

  async function stateOfN8n(): Promise<string | undefined> {
    const { instances } = await fleet.status();
    return instances.find((instance) => instance.name === "user3-n8n")?.state;
  }

  async function logins(): Promise<string[]> {
    const rows = await sql("select rolname from pg_roles where rolcanlogin and rolname like 'user3_n8n%'");
    return rows.trim().split("\n");
  }

  /** As the superuser. */
  async function sql(statement: string): Promise<string> {
    const shared = await fleet.guest("shared");
    return shared.run(["docker", "exec", "shared-postgres", "psql", "-U", "postgres", "-AtXc", statement]);
  }
});
