/** A tenant gone bad, inside its container, with all that it holds: what is another's stays another's. */
import { join } from "node:path";
import { build } from "esbuild";
import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { planSchema } from "@berth/shared/operations/plan";
import { attemptSchema, type Target } from "./attacker/target.ts";
import { foreignTries } from "./attacker/tries.ts";
import { convergedExample, type TestFleet } from "./fixture.ts";

const reportSchema = z.object({ own: z.array(attemptSchema), foreign: z.array(attemptSchema) });
type Report = z.output<typeof reportSchema>;

const services = ["openwebui", "n8n", "flowise"];
const addresses: Readonly<Record<string, string>> = { user1: "10.0.6.11", user2: "10.0.6.12", user3: "10.0.6.13" };

let fleet: TestFleet;
let reports: Record<string, Report>;

beforeAll(async () => {
  fleet = await convergedExample();
  const program = await bundle();
  // Each has something of its own to be stolen before the other comes.
  reports = { user2: await attack("user2", program), user1: await attack("user1", program) };
});

describe.each(["user1", "user2"])("%s gone bad", (tenant) => {
  const attempts = foreignTries(targetOf(tenant, expectedEnvironments(tenant))).map(({ name }) => name);
  const attempted = (name: string) => reports[tenant]?.foreign.find((attempt) => attempt.name === name);

  it("still does its own work", () => {
    expect(reports[tenant]?.own.filter(({ outcome }) => outcome === "refused")).toEqual([]);
    expect(reports[tenant]?.own).not.toEqual([]);
  });

  it.each(attempts)("%s: refused", (name) => {
    const attempt = attempted(name);
    expect(attempt).toMatchObject({ outcome: "refused" });
    // A refusal is about rights or the firewall, and not about a mistake in the attempt or a store that is away.
    expect(attempt?.detail).not.toMatch(/ECONNREFUSED|ENOTFOUND|syntax error|\b50\d\b|unexpected|is not a function/i);
  });
});

it("leaves the fleet as it was", async () => {
  expect(await fleet.json(planSchema, ["apply", fleet.file, "--plan"])).toEqual({ operations: [], warnings: [] });
});

/** One file that runs in any container with Node. */
async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, "attacker/main.ts")],
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node22",
    write: false,
    external: ["pg-native"],
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire("/");' },
  });
  return outputFiles[0]?.text ?? "";
}

async function attack(own: string, program: string): Promise<Report> {
  const guest = await fleet.guest(own);
  const environments: Target["environments"] = {};
  for (const service of services) {
    const lines = await guest.run(["docker", "inspect", "--format", "{{json .Config.Env}}", `${own}-${service}`]);
    const entries = z.array(z.string()).parse(JSON.parse(lines));
    environments[service] = Object.fromEntries(
      entries.map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]),
    );
  }
  const target = JSON.stringify(targetOf(own, environments));
  // It would come by its environment itself; written into the program, it is in no process list.
  const input = `process.env.BERTH_ATTACK = ${JSON.stringify(target)};\n${program}`;
  const node: [string, ...string[]] = [
    "docker",
    "exec",
    "--interactive",
    `${own}-n8n`,
    "node",
    "--input-type=module",
    "-",
  ];
  return reportSchema.parse(JSON.parse(await guest.run(node, { input, deadlineMs: 300_000 })));
}

function targetOf(own: string, environments: Target["environments"]): Target {
  const others = Object.keys(addresses).filter((tenant) => tenant !== own);
  const [victim = ""] = others;
  return {
    own,
    victim,
    shared: "10.0.6.10",
    victimAddress: addresses[victim] ?? "",
    controller: "10.0.6.1",
    environments,
    databases: [
      ...others.flatMap((tenant) => [`${tenant}_n8n`, `${tenant}_flowise`]),
      "shared_langfuse",
      "postgres",
      "template1",
    ],
    collections: [`${victim}_openwebui_documents`, `${victim}_openwebui_files`, `${victim}_flowise_vectors`],
    buckets: [`${victim}-uploads`, `${victim}-backups`],
  };
}

/** As far as the attempts are named after it. */
function expectedEnvironments(own: string): Target["environments"] {
  return {
    n8n: { DB_POSTGRESDB_USER: `${own}_n8n`, DB_POSTGRESDB_DATABASE: `${own}_n8n` },
    flowise: { DATABASE_USER: `${own}_flowise`, DATABASE_NAME: `${own}_flowise` },
  };
}
