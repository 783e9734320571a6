import { listAccounts, removeAccount, setAccount, type Account } from "@berth/shared/api/accounts";
import { expect, test } from "vitest";
import { serveEndpoint } from "../../api/endpoint.ts";
import { startTestController, type TestController } from "../testing/controller.ts";
import { createTestTerminal, runInTest, type TestTerminalOptions } from "../testing/terminal.ts";

const password = "correct horse battery";
const anna: Account = { name: "anna", role: "operator", tenant: null };

/** A controller that has the account anna, and says after each change that `admins` are left. */
async function startWithAnna(admins = 1): Promise<TestController & { bodies: unknown[] }> {
  const bodies: unknown[] = [];
  const controller = await startTestController((app) => {
    serveEndpoint(app, listAccounts, async () => ({ accounts: [anna] }));
    serveEndpoint(app, setAccount, async ({ params: { name }, body }) => {
      bodies.push(body);
      return { name, role: body.role ?? anna.role, tenant: body.tenant ?? null, admins };
    });
    serveEndpoint(app, removeAccount, async ({ params: { name } }) => ({ name, admins }));
  });
  return Object.assign(controller, { bodies });
}

function run(controller: TestController, words: string[], options: TestTerminalOptions = {}) {
  return runInTest(["account", ...words, "--controller", controller.address], createTestTerminal(options));
}

test("a new account's password comes from stdin and is printed nowhere", async () => {
  await using controller = await startWithAnna();
  const outcome = await run(controller, ["set", "ci", "--role", "viewer", "--password-file", "-"], {
    input: `${password}\n`,
  });
  expect(outcome).toEqual({ exitCode: 0, stdout: "Account ci has the role viewer.\n", stderr: "" });
  expect(controller.bodies).toEqual([{ role: "viewer", password }]);
});

test("a new account needs a role, and without a terminal a password", async () => {
  await using controller = await startWithAnna();
  expect(await run(controller, ["set", "ci"])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("error: There is no account 'ci', and a new one needs a role.\n"),
  });
  expect(await run(controller, ["set", "ci", "--role", "viewer"])).toMatchObject({ exitCode: 2 });
  expect(controller.bodies).toEqual([]);
});

test("a role alone keeps the password of an account that exists", async () => {
  await using controller = await startWithAnna();
  expect(await run(controller, ["set", "anna", "--role", "viewer"])).toEqual({
    exitCode: 0,
    stdout: "Account anna has the role viewer.\n",
    stderr: "",
  });
  expect(controller.bodies).toEqual([{ role: "viewer" }]);
});

test.each([
  [["set", "anna"], { password }],
  [["set", "anna", "--role", "viewer", "--password"], { role: "viewer", password }],
])("%j asks for a new password", async (words, body) => {
  await using controller = await startWithAnna();
  const { stdout, stderr } = await run(controller, words, { tty: true, input: `${password}\n` });
  expect(stderr).toBe("Password for anna: \n");
  expect(stdout).toContain("and a new password; its logins have ended.\n");
  expect(controller.bodies).toEqual([body]);
});

test("a tenant's account, with the tenant", async () => {
  await using controller = await startWithAnna();
  expect(await run(controller, ["set", "anna", "--role", "tenant", "--tenant", "user1"])).toEqual({
    exitCode: 0,
    stdout: "Account anna has the role tenant, of user1.\n",
    stderr: "",
  });
  expect(controller.bodies).toEqual([{ role: "tenant", tenant: "user1" }]);
});

test("list is a table, and JSON", async () => {
  await using controller = await startWithAnna();
  expect((await run(controller, ["list"])).stdout).toBe("ACCOUNT  ROLE      TENANT\nanna     operator  -\n");
  expect(JSON.parse((await run(controller, ["list", "--json"])).stdout)).toEqual({ accounts: [anna] });
});

test("whoever takes the last admin away is told who is one still", async () => {
  await using controller = await startWithAnna(0);
  const stderr =
    "No account is an admin now. Whoever may open the controller's Unix socket still is, and can make one there.\n";
  expect(await run(controller, ["remove", "anna"])).toEqual({
    exitCode: 0,
    stdout: "Removed account anna; its logins have ended.\n",
    stderr,
  });
  expect((await run(controller, ["set", "anna", "--role", "viewer"])).stderr).toBe(stderr);
});
