import {
  getSecret,
  listSecrets,
  revealSecret,
  rotateSecretKey,
  rotateSecrets,
  setSecret,
  type SecretStatus,
} from "@berth/shared/api/secrets";
import { expect, test } from "vitest";
import { serveEndpoint } from "../../api/endpoint.ts";
import { secretLines } from "../render/secret.ts";
import { plainStyle } from "../render/style.ts";
import { startTestController, type TestController } from "../testing/controller.ts";
import { operation } from "../testing/fixtures.ts";
import { createTestTerminal, runInTest, type TestTerminalOptions } from "../testing/terminal.ts";

const database: SecretStatus = {
  name: "user1-n8n/database",
  version: 2,
  createdAt: "2026-11-24T06:29:12.000Z",
  kept: 2,
  usedBy: ["user1-n8n"],
  rotation: "login",
  note: null,
};
const encryptionKey: SecretStatus = {
  ...database,
  name: "user1-n8n/encryptionKey",
  version: 1,
  kept: 1,
  rotation: null,
  note: "the credentials in its database are encrypted with it",
};

async function startWithSecrets(): Promise<TestController & { asked: unknown[] }> {
  const asked: unknown[] = [];
  const controller = await startTestController((app) => {
    serveEndpoint(app, listSecrets, async ({ query }) => {
      asked.push(query);
      return { secrets: [database, encryptionKey] };
    });
    serveEndpoint(app, getSecret, async ({ params }) => (params.name === database.name ? database : encryptionKey));
    serveEndpoint(app, revealSecret, async ({ params }) => {
      asked.push(params);
      return { name: params.name, version: 2, value: "the value itself" };
    });
    serveEndpoint(app, setSecret, async ({ params, body }) => {
      asked.push(body);
      return { name: params.name, version: 3, changed: body.value !== "the same", usedBy: ["user1-n8n"] };
    });
    serveEndpoint(app, rotateSecrets, async ({ body }) => {
      asked.push(body);
      const rotate = operation({
        id: "secrets.rotate/user1-n8n",
        kind: "secrets.rotate",
        change: "update",
        reason: "database gets a new value",
      });
      return { plan: { operations: [rotate], warnings: ["user1-n8n/encryptionKey stays as it is: why"] }, run: null };
    });
    serveEndpoint(app, rotateSecretKey, async () => ({ secrets: 12 }));
  });
  return Object.assign(controller, { asked });
}

function run(controller: TestController, words: string[], options: TestTerminalOptions = {}) {
  return runInTest(["secret", ...words, "--controller", controller.address], createTestTerminal(options));
}

test("list shows names, ages and users, for one instance or tenant when asked", async () => {
  await using controller = await startWithSecrets();
  const { stdout } = await run(controller, ["list", "user1"]);
  expect(stdout.split("\n")).toEqual([
    "SECRET                   VERSION     AGE  ROTATES  USED BY",
    "user1-n8n/database             2  2m 00s  login    itself",
    "user1-n8n/encryptionKey        1  2m 00s  no       itself",
    "",
  ]);
  expect(controller.asked).toEqual([{ of: "user1" }]);
  expect(JSON.parse((await run(controller, ["list", "--json"])).stdout)).toEqual({
    secrets: [database, encryptionKey],
  });
});

test("list fits into 80 columns, also with the longest name of the catalog and many users", () => {
  const longest = { ...encryptionKey, name: "shared-supabase/realtimeEncryptionKey", usedBy: ["shared-supabase"] };
  const shared = { ...longest, name: "user1/bucketsSecretKey", usedBy: Array.from({ length: 12 }, () => "user1-n8n") };
  const token = { ...database, name: "berth-routes/token", usedBy: [], rotation: "router" as const };
  const year = 365 * 86_400_000;
  const lines = secretLines([longest, shared, token], Date.parse(database.createdAt) + year, plainStyle);
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  expect(lines.slice(1).map((line) => line.split(/\s{2,}/).slice(-2))).toEqual([
    ["no", "itself"],
    ["no", "12 instances"],
    ["router", "-"],
  ]);
});

test("show tells why a secret does not rotate, and asks for the value only with --reveal", async () => {
  await using controller = await startWithSecrets();
  const { stdout } = await run(controller, ["show", "user1-n8n/encryptionKey"]);
  expect(stdout).toContain("no: the credentials in its database are encrypted with it\n");
  expect(controller.asked).toEqual([]);
  expect((await run(controller, ["show", "user1-n8n/database", "--reveal"])).stdout).toBe("the value itself\n");
  expect(controller.asked).toEqual([{ name: "user1-n8n/database" }]);
});

test.each([
  [["--from-file", "-"], { input: "from a pipe\n" }, ""],
  [["--from-file", "-"], { input: "from a pipe\r\n" }, ""],
  [[], { tty: true, input: "from a pipe\n" }, "Value of user1-n8n/jwtSecret: \n"],
])(
  "set %j takes one value without the line break at its end, and prints it nowhere",
  async (words, options, stderr) => {
    await using controller = await startWithSecrets();
    expect(await run(controller, ["set", "user1-n8n/jwtSecret", ...words], options)).toEqual({
      exitCode: 0,
      stdout: "user1-n8n/jwtSecret has a new value (version 3). `berth apply` brings it to user1-n8n.\n",
      stderr,
    });
    expect(controller.asked).toEqual([{ value: "from a pipe", force: false }]);
  },
);

test("set needs a terminal or a file", async () => {
  await using controller = await startWithSecrets();
  const { exitCode, stderr } = await run(controller, ["set", "user1-n8n/jwtSecret"]);
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining("Give it with --from-file FILE, or - for stdin.")]);
  expect(controller.asked).toEqual([]);
});

test("set says when nothing changed, and takes --force", async () => {
  await using controller = await startWithSecrets();
  const { stdout } = await run(controller, ["set", "user1-n8n/encryptionKey", "--from-file", "-", "--force"], {
    input: "the same",
  });
  expect(stdout).toBe("user1-n8n/encryptionKey has this value already.\n");
  expect(controller.asked).toEqual([{ value: "the same", force: true }]);
});

test("rotate --plan shows what would be done and what stays", async () => {
  await using controller = await startWithSecrets();
  const { stdout, exitCode } = await run(controller, ["rotate", "user1-n8n", "--plan"]);
  expect(exitCode).toBe(0);
  expect(stdout).toContain("update secrets of user1-n8n");
  expect(stdout).toContain("warning: user1-n8n/encryptionKey stays as it is: why");
  expect(controller.asked).toEqual([{ target: "user1-n8n", dryRun: true }]);
});

test("rotate-key says what older copies need", async () => {
  await using controller = await startWithSecrets();
  expect((await run(controller, ["rotate-key"])).stdout).toBe(
    "12 values encrypted with a new key. Older copies of the inventory need the old one.\n",
  );
});
