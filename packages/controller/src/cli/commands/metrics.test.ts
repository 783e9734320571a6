import { getHistory, type MetricsHistoryAnswer } from "@berth/shared/api/metrics";
import { getStatus } from "@berth/shared/api/status";
import { expect, test } from "vitest";
import { serveEndpoint } from "../../api/endpoint.ts";
import { noHistory } from "../../api/history.ts";
import { sparkline } from "../render/metrics.ts";
import { startTestController } from "../testing/controller.ts";
import { createTestTerminal, runInTest } from "../testing/terminal.ts";
import { fleet } from "../top/test-fixtures.ts";

interface Asked {
  kind: string;
  name: string;
  columns: string;
  only: string | undefined;
  minutes: number;
}

async function startHistory(series: MetricsHistoryAnswer["series"]) {
  const asked: Asked[] = [];
  const controller = await startTestController((app) => {
    serveEndpoint(app, getStatus, async () => fleet);
    serveEndpoint(app, getHistory, async ({ params, query: { from, to, columns, only } }) => {
      asked.push({ ...params, columns, only, minutes: (Date.parse(to) - Date.parse(from)) / 60_000 });
      return { ...params, from, stepSeconds: 1800, resolutionSeconds: 60, length: 4, series };
    });
  });
  return { asked, address: controller.address, [Symbol.asyncDispose]: () => controller[Symbol.asyncDispose]() };
}

const cpu = { average: [0.1, null, 0.35, 0.8], maximum: [0.2, null, 3.5, 1] };
const memory = { average: [1048576, null, 2097152, 2097152], maximum: [1048576, null, 2097152, 3145728] };

test("prints the lowest step, average and peak of each column, and a curve with its gap", async () => {
  await using controller = await startHistory([{ name: "user1-n8n", columns: { cpuCores: cpu, memoryBytes: memory } }]);
  const { stdout, exitCode } = await runInTest(["metrics", "user1-n8n", "--controller", controller.address]);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^COLUMN +LOWEST STEP +AVERAGE +PEAK +OVER TIME$/m);
  expect(stdout).toMatch(/^cpuCores +0\.10 +0\.42 +3\.50 +▂ ▄█$/m);
  expect(stdout).toMatch(/^memoryBytes +1\.00 MiB +1\.67 MiB +3\.00 MiB +▅ ██$/m);
  expect(stdout).toContain("in steps of 30m 00s from averages of 1m 00s.");
  expect(controller.asked).toMatchObject([{ kind: "instance", name: "user1-n8n", minutes: 24 * 60 }]);
});

test("says which days a longer time begins and ends on", async () => {
  await using controller = await startHistory([{ name: "user1-n8n", columns: { cpuCores: cpu } }]);
  const terminal = () => createTestTerminal({ now: Date.parse("2026-11-30T20:48:18Z") });
  const words = ["user1-n8n", "--since", "2h", "--until", "0m", "--controller", controller.address];
  const { stdout } = await runInTest(["metrics", ...words], terminal());
  expect(stdout).toContain("\n18:48:18 to 20:48:18 UTC,");
  const { stdout: longer } = await runInTest(["metrics", ...words, "--since", "22h"], terminal());
  expect(longer).toContain("\n2026-11-29 22:48:18 to 2026-11-30 00:48:18 UTC,");
});

test("names all that was looked for when there is nothing of the name", async () => {
  await using controller = await startTestController((app) => {
    serveEndpoint(app, getStatus, async () => fleet);
    serveEndpoint(app, getHistory, async ({ params }) => {
      throw noHistory(params);
    });
  });
  const ask = (...words: string[]) => runInTest(["metrics", ...words, "--controller", controller.address]);
  const { stderr, exitCode } = await ask("nobody");
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain("No instance, tenant or node is named 'nobody', nor was an instance lately");
  expect((await ask("nobody", "--of", "tenant")).stderr).toContain("No tenant is named 'nobody', nor was one lately");
});

test("finds out what a name is, unless it is told", async () => {
  await using controller = await startHistory([]);
  const ask = (...words: string[]) => runInTest(["metrics", ...words, "--controller", controller.address]);
  const { stdout } = await ask("user1", "--since", "7d", "--until", "1d", "--column", "processes");
  expect(stdout).toBe("Nothing was measured in this time.\n");
  await ask("user1", "--of", "node");
  await ask("removed-n8n");
  expect(controller.asked.map(({ kind }) => kind)).toEqual(["tenant", "node", "instance"]);
  expect(controller.asked[0]).toMatchObject({ columns: "processes", minutes: 6 * 24 * 60 });
});

test("tells what stores hold where steps are long enough for it, and of a node never", async () => {
  const held = { average: [120, null, 125, 130], maximum: [120, null, 125, 130] };
  const bytes = { average: [8388608, null, 9437184, 10485760], maximum: [8388608, null, 9437184, 10485760] };
  await using controller = await startHistory([
    { name: "user1_n8n", columns: { databaseBytes: bytes, "rows:executions": held } },
  ]);
  const ask = (...words: string[]) => runInTest(["metrics", ...words, "--controller", controller.address]);
  const { stdout } = await ask("user1");
  expect(stdout).toMatch(/^databaseBytes +8\.00 MiB +9\.00 MiB +10\.0 MiB +▇ ██$/m);
  expect(stdout).toMatch(/^rows:executions +120 +125 +130 +█ ██$/m);
  await ask("user1", "--since", "1h");
  await ask("user1", "--of", "node");
  await ask("user1", "--since", "1h", "--column", "rows:executions");
  const [day, hour, node, own] = controller.asked.map(({ columns }) => columns);
  expect(day).toMatch(/^cpuCores,.*,databaseBytes,bucketBytes,objects,points,volumeBytes,rows$/);
  expect([hour, node].map((columns) => columns?.includes("databaseBytes"))).toEqual([false, false]);
  expect(own).toBe("rows:executions");
});

test("tells of a node's file systems and volumes, each apart, and of some alone", async () => {
  const bytes = { average: [8388608, null, 9437184, 10485760], maximum: [8388608, null, 9437184, 10485760] };
  await using controller = await startHistory([
    { name: "/", columns: { fileSystemUsedBytes: bytes } },
    { name: "user1-n8n-data", columns: { volumeBytes: bytes } },
  ]);
  const words = ["--of", "node", "--by", "container", "--column", "fileSystemUsedBytes,volumeBytes"];
  const { stdout } = await runInTest([
    ...["metrics", "user1", ...words, "--only", "/,user1-n8n-data", "--controller", controller.address],
  ]);
  expect(stdout).toMatch(/^\/ +fileSystemUsedBytes +8\.00 MiB +9\.00 MiB +10\.0 MiB +▇ ██$/m);
  expect(stdout).toMatch(/^user1-n8n-data +volumeBytes +8\.00 MiB/m);
  expect(controller.asked).toMatchObject([
    { kind: "node", columns: "fileSystemUsedBytes,volumeBytes", only: "/,user1-n8n-data" },
  ]);
});

test("--json is the controller's answer", async () => {
  await using controller = await startHistory([{ name: "user1-n8n", columns: { cpuCores: cpu } }]);
  const { stdout } = await runInTest(["metrics", "user1-n8n", "--json", "--controller", controller.address]);
  expect(JSON.parse(stdout)).toMatchObject({ stepSeconds: 1800, series: [{ columns: { cpuCores: cpu } }] });
});

test.each([
  [["--since", "yesterday"], "--since must be a time such as 30m, 24h, 7d or 4w"],
  [["--since", "1h", "--until", "2h"], "--since must lie further back than --until"],
  [["--column", "colour"], "There is no column 'colour'"],
  [["--column", "rows:"], "There is no column 'rows:'"],
])("%j is refused before anybody is asked", async (words, reason) => {
  const { exitCode, stderr } = await runInTest(["metrics", "user1-n8n", ...words]);
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain(reason);
});

test("a curve of more points than there is room for keeps its peaks", () => {
  const values = Array.from({ length: 120 }, (_, index) => (index === 71 ? 8 : 1));
  expect(sparkline(values)).toBe(`${"▂".repeat(35)}█${"▂".repeat(24)}`);
});
