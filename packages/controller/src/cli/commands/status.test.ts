import { stripVTControlCharacters } from "node:util";
import { listRuns, type RunSummary } from "@berth/shared/api/runs";
import { getStatus, type ControllerStanding, type FleetStatus, type OwnerBackups } from "@berth/shared/api/status";
import { BerthError } from "@berth/shared/errors";
import type { FastifyInstance } from "fastify";
import { expect, test } from "vitest";
import { serveEndpoint } from "../../api/endpoint.ts";
import { startTestController } from "../testing/controller.ts";
import { instanceStatus, nodeStatus, run, status, step } from "../testing/fixtures.ts";
import { createTestTerminal, runInTest } from "../testing/terminal.ts";

function serveStatus(app: FastifyInstance, answer: FleetStatus | BerthError, runs: RunSummary[] = []): void {
  serveEndpoint(app, listRuns, async () => ({ runs }));
  serveEndpoint(app, getStatus, async () => {
    if (answer instanceof BerthError) throw answer;
    return answer;
  });
}

test.each([
  ["running", "Run 12 (apply) is under way for 12s: 1 running. Follow it: `berth run show 12 --follow`."],
  ["failed", "Run 12 (apply) failed: 1 running. Look at it: `berth run show 12`."],
  ["cancelled", "Run 12 (apply) was cancelled: 1 running. Look at it: `berth run show 12`."],
] as const)("a last run that is %s is told", async (state, sentence) => {
  const { steps: _, ...last } = run([step({ state: "running" })], { state });
  await using controller = await startTestController((app) => serveStatus(app, status, [last]));
  expect((await runInTest(["status", "--controller", controller.address])).stdout.split("\n").at(-2)).toBe(sentence);
});

test("a last run that failed is told as past once everything runs as it should", async () => {
  const { steps: _, ...last } = run([], { state: "failed", endedAt: "2026-11-24T06:31:02.000Z" });
  const mended = { ...status, nodes: status.nodes.slice(0, 1), instances: status.instances.slice(0, 1) };
  await using controller = await startTestController((app) => serveStatus(app, mended, [last]));
  expect((await runInTest(["status", "--controller", controller.address])).stdout.split("\n").at(-2)).toBe(
    "Run 12 (apply) failed 10s ago. By now every node is online and every instance healthy; `berth run show 12` tells what else it was for.",
  );
});

test("a terminal of 80 columns gets lines of at most 80, with what is elsewhere left out", async () => {
  const instances = [
    instanceStatus({
      ...{ name: "shared-supabase-long", service: "supabase", node: "shared-node", tenant: null },
      ...{ version: "RELEASE.2026-04-17T00-00-00Z", ports: [8000, 54321], drift: ["image", "environment", "command"] },
    }),
  ];
  const nodes = [nodeStatus({ name: "a-node-with-a-long-name", agentVersion: "0.1.0", outdated: true })];
  await using controller = await startTestController((app) => serveStatus(app, { ...status, nodes, instances }));
  const terminal = createTestTerminal({ tty: true });
  terminal.stdout.columns = 80;
  const { stdout } = await runInTest(["status", "--controller", controller.address], terminal);
  const tables = stdout.split("\n\n").slice(1, 3).join("\n").split("\n");
  expect(tables.map((line) => line.length).filter((length) => length > 80)).toEqual([]);
  expect(tables[2]).toMatch(/^INSTANCE +VERSION +NODE +STATE +PORTS +DRIFT$/);
  expect(tables[3]).toMatch(/^shared-supabase-long +RELEASE\.202… +shared-node +healthy +8000,54321 +image;/);
  const { stdout: piped } = await runInTest(["status", "--controller", controller.address]);
  expect(piped).toContain("RELEASE.2026-04-17T00-00-00Z");
  expect(piped).toContain("image; environment; command");
});

test("status as tables, with the controller from the environment", async () => {
  await using controller = await startTestController((app) => serveStatus(app, status));
  const terminal = createTestTerminal({ environment: { BERTH_CONTROLLER: controller.address } });
  expect(await runInTest(["status"], terminal)).toEqual({
    exitCode: 0,
    stderr: "",
    stdout: `fleet valuechain

NODE    ADDRESS    STATE    AGENT  SEEN        HOST
shared  10.0.6.10  online   0.1.0  now         Debian GNU/Linux 12 (bookworm)
user2   10.0.6.12  offline  0.1.0  2m 00s ago  -

INSTANCE         SERVICE   VERSION  NODE    TENANT  STATE    PORTS  DRIFT
shared-postgres  postgres  17.11    shared  -       healthy  5432   -
user2-n8n        n8n       2.41.3   user2   user2   unknown  5678   image

1 of 2 nodes online, 1 of 2 instances healthy (1 unknown).
Nothing is backed up: the fleet file has no \`backups\` section yet (docs/backups.md).
`,
  });
});

test("what is suspended is named, tenants as a whole", async () => {
  const rests = (name: string, tenant: string | null, withTenant: boolean) => ({
    ...{ name, service: "n8n", node: "shared", tenant, withTenant },
  });
  const suspended = [
    rests("shared-ollama", null, false),
    rests("user1-n8n", "user1", false),
    rests("user3-n8n", "user3", true),
    rests("user3-flowise", "user3", true),
  ];
  await using controller = await startTestController((app) => serveStatus(app, { ...status, suspended }));
  const { stdout } = await runInTest(["status", "--controller", controller.address]);
  expect(stdout).toContain("healthy (1 unknown).\nSuspended: shared-ollama, user1-n8n, all of user3.\n");
});

test("late, failed and unproven backups are named, within 80 columns", async () => {
  const newest = (provenAt: string | null) => ({
    ...{ id: "b", createdAt: "2026-11-23T02:31:12.000Z", bytes: 1, verifiedAt: null, provenAt },
  });
  const proven = "2026-11-20T06:31:12.000Z";
  const failed = { id: "c", run: 45, createdAt: "2026-11-24T05:31:12.000Z", state: "failed" as const };
  const backups: OwnerBackups[] = [
    { owner: "user1", newest: newest(proven), failed: null, lateSince: null, provenAt: proven },
    { owner: "user2", newest: newest(null), failed, lateSince: "2026-11-24T03:31:12.000Z", provenAt: null },
    { owner: "user3", newest: newest(null), failed: null, lateSince: null, provenAt: null },
    { owner: "shared-langfuse", newest: null, failed: { ...failed, state: "lost" }, lateSince: null, provenAt: null },
    { owner: "user5", newest: null, failed: null, lateSince: null, provenAt: null },
  ];
  await using controller = await startTestController((app) => serveStatus(app, { ...status, backups }));
  const terminal = createTestTerminal({ tty: true });
  terminal.stdout.columns = 80;
  const { stdout } = await runInTest(["status", "--controller", controller.address], terminal);
  const told = stripVTControlCharacters(stdout).split("\n\n").at(-1)?.split("\n").slice(1);
  expect(told).toEqual([
    "2 of 5 backups in time (1 late, 1 lost, 1 not made yet), 1 proven, 4d 00h ago.",
    "warning: the backup of user2 is late: it was due 3h 00m ago, and failed 1h 00m",
    "  ago (`berth run show 45`); the newest is 1d 04h old.",
    "warning: the backup of shared-langfuse of 1h 00m ago is not in its repository",
    "  any more; there is none.",
    "Unproven: user2, user3. A drill restores a backup and checks it:",
    "`berth backup drill`.",
    "",
  ]);
});

const keptKey = { version: 2, shownAt: "2026-11-20T06:31:12.000Z" };
const ownNewest = { id: "controller-a", createdAt: "2026-11-24T03:21:12.000Z", bytes: 1, keyVersion: 2 };
const wellBackedUp = { newest: ownNewest, failed: null, lateSince: null, recoveryKey: keptKey };
const ownFailure = { id: "controller-b", createdAt: "2026-11-24T05:31:12.000Z", error: "No space left\u001b[2J" };

test.each<[string, ControllerStanding, string[]]>([
  ["in time", wellBackedUp, ["The controller's own backup is in time: the newest is 3h 10m old."]],
  [
    "not made yet",
    { ...wellBackedUp, newest: null, recoveryKey: null },
    ["warning: there is no backup of the controller yet: `berth controller backup`", "  makes one."],
  ],
  [
    "late, after one that failed",
    { ...wellBackedUp, lateSince: "2026-11-24T03:31:12.000Z", failed: ownFailure },
    [
      "warning: the backup of the controller is late: it was due 3h 00m ago, and failed",
      "  1h 00m ago: No space left; the newest is 3h 10m old.",
    ],
  ],
  [
    "failed at the first time",
    { ...wellBackedUp, newest: null, failed: { ...ownFailure, error: null } },
    ["warning: the backup of the controller failed 1h 00m ago; there is none."],
  ],
  [
    "opened by a key that nobody was given",
    { ...wellBackedUp, recoveryKey: { version: 2, shownAt: null } },
    [
      "The controller's own backup is in time: the newest is 3h 10m old.",
      "warning: nobody has the key that opens the controller's backups: keep what",
      "  `berth controller recovery-key` prints, elsewhere.",
    ],
  ],
  [
    "opened by a former key",
    { ...wellBackedUp, newest: { ...ownNewest, keyVersion: 1 } },
    [
      "The controller's own backup is in time: the newest is 3h 10m old.",
      "warning: the newest backup of the controller is opened by version 1 of the",
      "  recovery key: `berth controller backup` makes one for the present key.",
    ],
  ],
])("the controller's own backup that is %s is told below the others", async (_, controllerBackup, lines) => {
  const answer = { ...status, backups: [], controllerBackup };
  await using controller = await startTestController((app) => serveStatus(app, answer));
  const terminal = createTestTerminal({ tty: true });
  terminal.stdout.columns = 80;
  const { stdout } = await runInTest(["status", "--controller", controller.address], terminal);
  const last = stripVTControlCharacters(stdout).split("\n\n").at(-1)?.trimEnd().split("\n");
  expect(last?.slice(1)).toEqual(lines);
  const { stdout: data } = await runInTest(["status", "--json", "--controller", controller.address]);
  expect(JSON.parse(data)).toMatchObject({ controllerBackup });
});

test("how many instances are behind is told as registries said it last", async () => {
  const check = (name: string, patch: string | null, held = false) => ({
    ...{
      instance: name,
      service: "n8n",
      version: "2.41.3",
      patch,
      minor: null,
      major: null,
      rebuilt: null,
      held,
      notes: [],
    },
  });
  const told = async (checkedAt: string | null, ...instances: ReturnType<typeof check>[]) => {
    const services = [{ service: "n8n", image: "docker.io/n8nio/n8n", checkedAt, problem: null }];
    const answer = { ...status, upgrades: { services, instances } };
    await using controller = await startTestController((app) => serveStatus(app, answer));
    return (await runInTest(["status", "--controller", controller.address])).stdout.split("\n").at(-2);
  };
  const at = "2026-11-24T03:21:12.000Z";
  expect(await told(at, check("user1-n8n", "2.41.5"), check("user2-n8n", "2.41.5", true))).toBe(
    "1 of 2 instances behind, 1 held; looked up 3h 10m ago. `berth upgrade check` tells which.",
  );
  expect(await told(at, check("user1-n8n", null))).toBe("Nothing is behind; looked up 3h 10m ago.");
  expect(await told(null, check("user1-n8n", null))).toBe(
    "Whether anything is behind is not known yet: `berth upgrade check` asks.",
  );
});

test("--json prints the contract's shape and nothing else on stdout", async () => {
  await using controller = await startTestController((app) => serveEndpoint(app, getStatus, async () => status));
  const { exitCode, stdout, stderr } = await runInTest(["status", "--json", "--controller", controller.address]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(JSON.parse(stdout)).toEqual(status);
  expect(stdout.match(/\n/g)).toHaveLength(1);
});

test("names are made safe for a terminal, and stay as they are in JSON", async () => {
  const hostile = { ...status, instances: [instanceStatus({ version: "1\u001b[2J\u0007" })] };
  await using controller = await startTestController((app) => serveStatus(app, hostile));
  const shown = await runInTest(["status", "--controller", controller.address]);
  expect(shown.stdout).not.toContain("\u001b");
  const data = await runInTest(["status", "--json", "--controller", controller.address]);
  expect(data.stdout).toContain(String.raw`1\u001b[2J\u0007`);
});

test("the controller's error, its hint and its exit code are passed on", async () => {
  await using controller = await startTestController((app) =>
    serveStatus(app, new BerthError("forbidden", "This needs the role 'viewer'", { hint: "Ask an admin" })),
  );
  expect(await runInTest(["status", "--controller", controller.address])).toEqual({
    exitCode: 5,
    stdout: "",
    stderr: "error: This needs the role 'viewer'.\nhint: Ask an admin.\n",
  });
});

test("an answer that does not fit the contract is the controller's version's fault", async () => {
  await using controller = await startTestController((app) => {
    app.get("/api/status", () => ({ nodes: [{ name: 1 }] }));
  });
  const { exitCode, stderr } = await runInTest(["status", "--controller", controller.address]);
  expect(exitCode).toBe(6);
  expect(stderr).toContain("to GET /api/status is not what this CLI expects at 'fleet'");
});

test("something else at that address is told from a controller", async () => {
  await using controller = await startTestController((app) => {
    app.get("/api/status", (_, reply) => reply.status(502).type("text/html").send("<h1>Bad gateway</h1>"));
  });
  expect(await runInTest(["status", "--controller", controller.address])).toEqual({
    exitCode: 6,
    stdout: "",
    stderr:
      `error: ${controller.address} answered with HTTP 502 and not as a controller does.\n` +
      "hint: Is it the address of a Berth controller, and not of a proxy or another service?\n",
  });
});
