import {
  addTenants,
  getTenant,
  listTenants,
  removeTenant,
  resumeTenant,
  setTenantKey,
  suspendTenant,
  type TenantStatus,
} from "@berth/shared/api/tenants";
import { BerthError } from "@berth/shared/errors";
import { expect, test } from "vitest";
import { serveEndpoint } from "../../api/endpoint.ts";
import { startTestController, type TestController } from "../testing/controller.ts";
import { plainStyle } from "../render/style.ts";
import { tenantDetailLines, tenantLines } from "../render/tenant.ts";
import { instanceStatus, operation, run, step } from "../testing/fixtures.ts";
import { createTestTerminal, runInTest, type TestTerminalOptions } from "../testing/terminal.ts";

const user4: TenantStatus = {
  name: "user4",
  node: "user4",
  address: "10.0.6.14",
  state: "active",
  instances: [instanceStatus({ name: "user4-n8n" }), instanceStatus({ name: "user4-flowise", state: "unhealthy" })],
  databases: ["user4_n8n"],
  collections: [],
  buckets: ["user4-backups"],
  keys: ["openrouter"],
  hosts: ["test-user4-n8n.example.org"],
};
const removal = operation({
  id: "database.remove/user4_n8n",
  kind: "database.remove",
  change: "remove",
  target: "user4_n8n",
});
const key = "sk-or-v1-1234567890";

/** A controller that plans, and never begins a run. */
async function startWithTenants(): Promise<TestController & { asked: unknown[] }> {
  const asked: unknown[] = [];
  const note = async (what: unknown) => {
    asked.push(what);
    return { plan: { operations: [removal], warnings: [] }, run: null };
  };
  const controller = await startTestController((app) => {
    serveEndpoint(app, listTenants, async () => ({ tenants: [user4] }));
    serveEndpoint(app, getTenant, async ({ params }) => {
      if (params.name === user4.name) return user4;
      throw new BerthError("not-found", `No tenant is named '${params.name}'`);
    });
    serveEndpoint(app, addTenants, ({ body }) => note(body));
    serveEndpoint(app, removeTenant, ({ params, body }) => note({ ...params, ...body }));
    serveEndpoint(app, suspendTenant, ({ params, body }) => note({ suspend: params.name, ...body }));
    serveEndpoint(app, resumeTenant, ({ params, body }) => note({ resume: params.name, ...body }));
    serveEndpoint(app, setTenantKey, ({ params, body }) => note({ ...params, ...body }));
  });
  return Object.assign(controller, { asked });
}

async function tenant(words: string[], options: TestTerminalOptions = {}) {
  await using controller = await startWithTenants();
  const terminal = createTestTerminal(options);
  const outcome = await runInTest(["tenant", ...words, "--controller", controller.address], terminal);
  return { ...outcome, asked: controller.asked };
}

test("tenant list and show", async () => {
  expect((await tenant(["list"])).stdout).toMatch(/user4\s+active\s+user4\s+10\.0\.6\.14\s+1 of 2\s+openrouter/);
  const { stdout } = await tenant(["show", "user4"]);
  for (const shown of ["test-user4-n8n.example.org", "user4_n8n", "user4-backups", "user4-flowise"]) {
    expect(stdout).toContain(shown);
  }
  expect(await tenant(["show", "user9"])).toMatchObject({ exitCode: 3 });
});

test("tenant list and show tell of a tenant whose data were kept, and what to do with them", async () => {
  const kept: TenantStatus = { ...user4, state: "kept", instances: [], hosts: [] };
  const hint =
    "Of user4 the data are kept: `berth tenant add user4` finds them, `berth tenant remove user4` removes them.";
  const lines = tenantLines([kept], { style: plainStyle, fit: 80 });
  expect(lines[1]).toMatch(/^user4 +kept +user4 +10\.0\.6\.14 +- +openrouter$/);
  expect(lines.at(-1)).toBe(hint);
  expect(tenantDetailLines(kept, { style: plainStyle, fit: 80 }).at(-1)).toBe(hint);
});

test("tenant show wraps what is longer than the terminal is wide", () => {
  const collections = Array.from({ length: 9 }, (_, index) => `user4_openwebui_collection_${index}`);
  const lines = tenantDetailLines({ ...user4, collections }, { style: plainStyle, fit: 80 });
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  expect(lines.join(" ").replaceAll(/\s+/g, " ")).toContain(collections.join(", "));
});

test("tenant add and remove follow a run that was under way before, and say so", async () => {
  const ended = run([step({ state: "succeeded" })], { kind: "tenant.add", state: "succeeded" });
  const warnings = ["run 12 is under way and does this already"];
  const followed = async () => ({ plan: { operations: [], warnings }, run: ended });
  await using controller = await startTestController((app) => {
    serveEndpoint(app, addTenants, followed);
    serveEndpoint(app, removeTenant, followed);
  });
  for (const words of [
    ["add", "user4"],
    ["remove", "user4", "--yes"],
  ]) {
    const outcome = await runInTest(["tenant", ...words, "--controller", controller.address]);
    expect(outcome.exitCode).toBe(0);
    expect(outcome.stderr).toContain("run 12 is under way and does this already.\n");
    expect(outcome.stderr + outcome.stdout).not.toContain("Nothing to do");
    const data = await runInTest(["tenant", ...words, "--json", "--controller", controller.address]);
    expect(JSON.parse(data.stdout)).toMatchObject({ operations: [], warnings, run: { id: 12 } });
  }
});

test("tenant add asks for each tenant as it was named", async () => {
  expect((await tenant(["add", "user4", "user5"])).asked).toEqual([
    { tenants: [{ name: "user4" }, { name: "user5" }], keys: {}, dryRun: false },
  ]);
  const given = ["add", "user4", "--node-address", "10.0.6.20", "--openrouter-key-file", "-", "--plan"];
  expect((await tenant(given, { input: `${key}\n` })).asked).toEqual([
    { tenants: [{ name: "user4", address: "10.0.6.20" }], keys: { openrouter: key }, dryRun: true },
  ]);
});

test.each([
  [["add", "user4", "user5", "--node-address", "10.0.6.20"], "One address or node is not for several tenants."],
  [["add", "user4", "--node", "spare", "--node-address", "10.0.6.20"], "--node names a node that exists"],
  [["add", "user1; DROP TABLE"], "A tenant cannot be named 'user1; DROP TABLE': a name must be 1 to 32 of a-z"],
  [["add", "user4", "--node-address", "10.0.6"], "--node-address '10.0.6' is no IPv4 address."],
  [["add", "user4", "--node", "UPPER"], "--node 'UPPER' is no node's name: it must be 1 to 32 of a-z"],
])("%j is refused before anybody is asked", async (words, sentence) => {
  const { exitCode, stderr, asked } = await tenant(words);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(sentence);
  expect(asked).toEqual([]);
});

test.each([
  ["two lines", `${key}\n${key}\n`, "must be one line"],
  ["nothing", "", "must have at least 8 characters"],
  ["a short one with a line break", "sk\nor", "must be one line of printable characters without spaces"],
])("a key of %s is refused and not repeated", async (_, input, sentence) => {
  for (const words of [
    ["set-key", "user4", "--file", "-"],
    ["add", "user4", "--openrouter-key-file", "-"],
  ]) {
    const { exitCode, stderr, asked } = await tenant(words, { input });
    expect(exitCode).toBe(2);
    expect(stderr).toContain(sentence);
    expect(stderr).not.toContain(key);
    expect(asked).toEqual([]);
  }
});

test("tenant set-key sends the key and prints nothing of it", async () => {
  const { asked, stdout, stderr } = await tenant(["set-key", "user4", "--file", "-"], { input: `${key}\n` });
  expect(asked).toEqual([{ name: "user4", key: "openrouter", value: key }]);
  expect(stdout + stderr).not.toContain(key);
});

test("tenant suspend and resume", async () => {
  expect((await tenant(["suspend", "user4"])).asked).toEqual([{ suspend: "user4", dryRun: false }]);
  expect((await tenant(["resume", "user4", "--plan"])).asked).toEqual([{ resume: "user4", dryRun: true }]);
});

test("tenant remove asks for the name, and says that no backup is made", async () => {
  const { asked, stderr } = await tenant(["remove", "user4"], { tty: true, input: "user4\n" });
  expect(asked).toMatchObject([{ dryRun: true }, { name: "user4", keepData: false, dryRun: false }]);
  expect(stderr).toContain("database user4_n8n");
  expect(stderr).toContain("No backup is made");
  const keeping = await tenant(["remove", "user4", "--keep-data"], { tty: true, input: "user4\n" });
  expect(keeping.asked).toMatchObject([{ dryRun: true }, { keepData: true, dryRun: false }]);
  expect(keeping.stderr).toContain("What it holds is kept");
});

test.each([
  ["another name", { tty: true, input: "user5\n" }, 10],
  ["a yes", { tty: true, input: "y\n" }, 10],
  ["nobody to ask", { input: "" }, 2],
])("tenant remove does nothing with %s", async (_, options, exitCode) => {
  const outcome = await tenant(["remove", "user4"], options);
  expect(outcome.exitCode).toBe(exitCode);
  expect(outcome.asked).toMatchObject([{ dryRun: true }]);
});

test("tenant remove --yes asks nothing", async () => {
  expect((await tenant(["remove", "user4", "--yes"])).asked).toMatchObject([{ name: "user4", dryRun: false }]);
});
