import {
  checkUpgrades,
  holdInstance,
  listUpgrades,
  releaseInstance,
  startUpgrade,
  type UpgradeCheck,
} from "@berth/shared/api/upgrades";
import { upgradeCommands } from "@berth/shared/fleet/check-upgrades";
import { expect, test } from "vitest";
import { serveEndpoint } from "../../api/endpoint.ts";
import { complete } from "../completion/complete.ts";
import { startTestController } from "../testing/controller.ts";
import { operation, run, step } from "../testing/fixtures.ts";
import { createTestTerminal, runInTest } from "../testing/terminal.ts";
import { commandTree, isGroup } from "../tree.ts";

const checked: UpgradeCheck = {
  services: [
    { service: "n8n", image: "docker.io/n8nio/n8n", checkedAt: "2026-11-24T05:31:12.000Z", problem: null },
    { service: "redis", image: "docker.io/library/redis", checkedAt: null, problem: "The registry docker.io is away" },
  ],
  instances: [
    {
      ...{ instance: "user1-n8n", service: "n8n", version: "2.41.1", patch: "2.41.3", minor: null, major: "3.0.1" },
      ...{ rebuilt: `sha256:${"a".repeat(64)}`, held: true, notes: ["3.0.1: see the breaking changes"] },
    },
  ],
};

async function berth(words: string[]) {
  const asked: object[] = [];
  const move = operation({ id: "instance.upgrade/user1-n8n", kind: "instance.upgrade", change: "upgrade" });
  const nothing = { plan: { operations: [], warnings: ["user1-n8n runs 9.9.9 already"] }, run: null };
  await using controller = await startTestController((app) => {
    serveEndpoint(app, startUpgrade, async ({ body }) => {
      asked.push(body);
      if (body.version === "9.9.9") return nothing;
      const failed = run([step({ state: "failed", kind: "instance.upgrade" })], { state: "failed" });
      return { plan: { operations: [move], warnings: [] }, run: body.dryRun ? null : failed };
    });
    serveEndpoint(app, checkUpgrades, async ({ query }) => {
      asked.push(query);
      return checked;
    });
    serveEndpoint(app, listUpgrades, async () => {
      const instance = { instance: "user1-n8n", from: "2.41.1", to: "2.41.3", startedAt: "2026-11-24T05:31:12.000Z" };
      const end = { outcome: "went-back" as const, reason: "it died", endedAt: null, gapMilliseconds: 4200 };
      const upgrade = { id: "n8n-1", service: "n8n", version: "2.41.3", startedAt: instance.startedAt };
      return { upgrades: [{ ...upgrade, instances: [{ ...instance, ...end }] }] };
    });
    for (const endpoint of [holdInstance, releaseInstance]) {
      serveEndpoint(app, endpoint, async ({ body }) => {
        asked.push(body);
        return { plan: { operations: [], warnings: [] }, run: null, version: "2.41.1" };
      });
    }
  });
  return { ...(await runInTest([...words, "--controller", controller.address], createTestTerminal())), asked };
}

test("upgrade takes a service, and what is left out is the fleet's", async () => {
  const { asked, exitCode } = await berth(["upgrade", "n8n", "--to", "2.41.3", "--plan"]);
  expect({ asked, exitCode }).toEqual({
    exitCode: 0,
    asked: [
      {
        ...{ service: "n8n", version: "2.41.3", only: [], maxFailures: 0, onFailure: "stop", backup: true },
        ...{ acceptMajor: false, retry: false, dryRun: true },
      },
    ],
  });
});

test("upgrade passes on what it is told", async () => {
  const words = ["upgrade", "n8n", "--to", "3.0.1", "--only", "user1,user2-n8n", "--canary", "user1", "--batch", "25%"];
  const flags = ["--min-healthy", "2m", "--max-failures", "1", "--on-failure", "rollback-all"];
  const others = ["--no-backup", "--accept-major", "--retry"];
  expect((await berth([...words, ...flags, ...others, "--plan"])).asked).toMatchObject([
    {
      ...{ only: ["user1", "user2-n8n"], canary: "user1", batch: "25%", minHealthySeconds: 120, maxFailures: 1 },
      onFailure: "rollback-all",
      ...{ backup: false, acceptMajor: true, retry: true },
    },
  ]);
  expect((await berth(["upgrade", "n8n", "--to", "3", "--batch", "4", "--plan"])).asked).toMatchObject([{ batch: 4 }]);
});

test.each([
  [["upgrade", "n8n"], "--to"],
  [["upgrade", "--to", "2.41.3"], "SERVICE"],
  [["upgrade", "n8n", "--to", "2", "--batch", "many"], "no size of a batch"],
  [["upgrade", "n8n", "--to", "2", "--min-healthy", "2h"], "no time of at most an hour"],
])("%j is a mistake", async (words, message) => {
  const { exitCode, stderr, asked } = await berth(words);
  expect({ exitCode, asked }).toEqual({ exitCode: 2, asked: [] });
  expect(stderr).toContain(message);
});

test("nothing to do is no failure, a run that failed is", async () => {
  const nothing = await berth(["upgrade", "n8n", "--to", "9.9.9"]);
  expect(nothing).toMatchObject({ exitCode: 0, stdout: "Nothing to upgrade.\nuser1-n8n runs 9.9.9 already.\n" });
  expect(await berth(["upgrade", "n8n", "--to", "2.41.3"])).toMatchObject({ exitCode: 8 });
});

test("upgrade check shows what there is, what is held, and which registry did not answer", async () => {
  const { stdout, asked, exitCode } = await berth(["upgrade", "check", "n8n"]);
  expect({ asked, exitCode }).toEqual({ asked: [{ service: "n8n" }], exitCode: 0 });
  expect(stdout).toMatch(/user1-n8n\s+2\.41\.1\s+2\.41\.3\s+\S+\s+3\.0\.1\s+sha256:aaaaaaaaaaaa\s+held/);
  expect(stdout).toContain("note: n8n: 3.0.1: see the breaking changes");
  expect(stdout).toContain("redis: The registry docker.io is away: nothing is known of its versions");
});

test("upgrade list shows outcomes, gaps and reasons", async () => {
  expect((await berth(["upgrade", "list"])).stdout).toMatch(/2\.41\.1 -> 2\.41\.3\s+went back\s+4\.2s\s+it died/);
});

test("upgrade hold and release", async () => {
  const held = await berth(["upgrade", "hold", "user1-n8n"]);
  expect(held).toMatchObject({ asked: [{ instance: "user1-n8n", dryRun: false }], exitCode: 0 });
  expect(held.stdout).toBe("user1-n8n is held at 2.41.1.\n");
  expect((await berth(["upgrade", "release", "user1-n8n"])).stdout).toContain("no longer held");
});

test("help and completion know the group and the command of its name", async () => {
  const { stdout } = await runInTest(["upgrade", "--help"]);
  for (const shown of ["<SERVICE>", "--canary", "check", "release"]) expect(stdout).toContain(shown);
  const { candidates } = await complete(["upgrade", ""], async (kind) => [{ value: `${kind}-1`, description: "" }]);
  expect(candidates.map(({ value }) => value)).toEqual(["check", "list", "hold", "release", "service-1"]);
});

test("no service has the name of a command", () => {
  const entry = commandTree["upgrade"];
  expect(entry !== undefined && isGroup(entry) ? Object.keys(entry.commands) : []).toEqual(upgradeCommands);
});
