import { readFile, stat, writeFile } from "node:fs/promises";
import type { Server as HttpsServer } from "node:https";
import { join } from "node:path";
import { login, logout } from "@berth/shared/api/accounts";
import { listRuns } from "@berth/shared/api/runs";
import { getStatus } from "@berth/shared/api/status";
import { BerthError } from "@berth/shared/errors";
import Fastify from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openAuthority, type Authority } from "../../agents/authority/authority.ts";
import { serveEndpoint } from "../../api/endpoint.ts";
import { handleErrors } from "../../api/errors.ts";
import { temporaryDirectory } from "../testing/directory.ts";
import { startTestController } from "../testing/controller.ts";
import { status } from "../testing/fixtures.ts";
import { createTestTerminal, runInTest } from "../testing/terminal.ts";

const password = "correct horse battery";
let directory: string;
let authority: Authority;
let close: () => Promise<void>;
let url: string;
let configuration: string;
const seen: { authorization: (string | undefined)[]; ended: number } = { authorization: [], ended: 0 };

beforeAll(async () => {
  directory = await temporaryDirectory();
  authority = await openAuthority({ directory });
  const { certificate, key } = await authority.issueServerCertificate(["localhost", "127.0.0.1"]);
  const app = Fastify<HttpsServer>({
    https: { cert: `${certificate}\n${authority.caPem}`, key },
    forceCloseConnections: true,
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Fastify types an app by its server, and routes are of all
  const routes = app as unknown as Parameters<typeof serveEndpoint>[0];
  handleErrors(routes);
  serveEndpoint(routes, login, async ({ body }) => {
    if (body.password !== password) throw new BerthError("unauthenticated", "Name or password is wrong");
    const account = { name: body.name, role: "admin" as const, tenant: null };
    return { account, token: "t0ken", expiresAt: "2026-12-24T06:31:12.000Z" };
  });
  serveEndpoint(routes, logout, async () => {
    seen.ended += 1;
    return { ended: true };
  });
  serveEndpoint(routes, listRuns, async () => ({ runs: [] }));
  serveEndpoint(routes, getStatus, async ({ request }) => {
    seen.authorization.push(request.headers.authorization);
    return status;
  });
  const listening = await app.listen({ host: "127.0.0.1", port: 0 });
  url = listening.replace("127.0.0.1", "localhost");
  close = () => app.close();
});
afterAll(() => close());

beforeEach(async () => {
  configuration = await temporaryDirectory();
});

function terminalOf(options: { input?: string; tty?: boolean } = {}) {
  return createTestTerminal({ environment: { XDG_CONFIG_HOME: configuration }, ...options });
}

async function caFile(): Promise<string> {
  const file = join(configuration, "ca.pem");
  await writeFile(file, authority.caPem);
  return file;
}

test("login saves the token for its owner alone; later commands use it; logout ends it", async () => {
  const words = ["login", url, "--name", "anna", "--password-file", "-", "--ca-file", await caFile()];
  expect(await runInTest(words, terminalOf({ input: `${password}\n` }))).toEqual({
    exitCode: 0,
    stdout: `Logged in to ${url} as anna (admin), until 2026-12-24T06:31:12.000Z.\n`,
    stderr: "",
  });
  const file = join(configuration, "berth", "config.json");
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject({ url, token: "t0ken", account: "anna" });

  expect((await runInTest(["status"], terminalOf())).exitCode).toBe(0);
  expect(seen.authorization).toEqual(["Bearer t0ken"]);

  expect((await runInTest(["logout"], terminalOf())).stdout).toBe(`Logged out of ${url}.\n`);
  expect(seen.ended).toBe(1);
  await expect(stat(file)).rejects.toThrow("ENOENT");
  expect((await runInTest(["logout"], terminalOf())).stdout).toBe("You were not logged in.\n");
});

test("the token never leaves for another address", async () => {
  await runInTest(
    ["login", url, "--name", "anna", "--password-file", "-", "--ca-file", await caFile()],
    terminalOf({ input: password }),
  );
  const headers: (string | undefined)[] = [];
  await using other = await startTestController((app) =>
    serveEndpoint(app, getStatus, async ({ request }) => {
      headers.push(request.headers.authorization);
      return status;
    }),
  );
  await runInTest(["status", "--controller", other.address], terminalOf());
  expect(headers).toEqual([undefined]);
});

test("an unknown certificate is shown with its fingerprint, and trusted on yes", async () => {
  const terminal = terminalOf({ tty: true });
  terminal.stdin.write("y\n");
  const shown = Promise.withResolvers<void>();
  terminal.stderr.on("data", (chunk: Buffer) => {
    if (chunk.toString().includes("Password: ")) shown.resolve();
  });
  const logging = runInTest(["login", url, "--name", "anna"], terminal);
  await shown.promise;
  terminal.stdin.write(`wrong\b\b\b\b\b${password}\r`);
  const { exitCode, stderr } = await logging;
  expect(exitCode).toBe(0);
  const fingerprint = /SHA-256 +([0-9A-F:]+)/.exec(stderr)?.[1]?.replaceAll(":", "").toLowerCase();
  expect(fingerprint).toBe(authority.caFingerprint);
  expect(stderr).not.toContain(password);
  expect((await runInTest(["status"], terminalOf())).exitCode).toBe(0);
});

test("an unknown certificate is refused on no, and without a terminal", async () => {
  const refused = await runInTest(["login", url, "--name", "anna"], terminalOf({ tty: true, input: "n\n" }));
  expect(refused.exitCode).toBe(10);
  expect(refused.stderr).toContain("error: Not logged in: the certificate is not trusted.\n");
  const unattended = await runInTest(
    ["login", url, "--name", "anna", "--password-file", "-"],
    terminalOf({ input: password }),
  );
  expect(unattended.exitCode).toBe(5);
  expect(unattended.stderr).toContain("The system's CAs do not vouch for");
});

test("--fingerprint vouches for the certificate, a wrong one does not", async () => {
  const words = ["login", url, "--name", "anna", "--password-file", "-", "--fingerprint"];
  const right = await runInTest([...words, authority.caFingerprint], terminalOf({ input: password }));
  expect(right.exitCode).toBe(0);
  const wrong = await runInTest([...words, "00".repeat(32)], terminalOf({ input: password }));
  expect(wrong.exitCode).toBe(5);
  expect(wrong.stderr).toContain("not the one given.");
});

test("an address that does not speak TLS is said to be one, in a sentence", async () => {
  const app = Fastify({ forceCloseConnections: true });
  const { host } = new URL(await app.listen({ host: "127.0.0.1", port: 0 }));
  const told = {
    ...{ exitCode: 7, stdout: "" },
    stderr:
      `error: https://${host} answers, and not by TLS.\n` +
      `hint: On this machine it needs none: \`berth login http://${host}\`.\n`,
  };
  expect(await runInTest(["login", `https://${host}`, "--name", "anna"], terminalOf())).toEqual(told);
  expect(await runInTest(["status", "--controller", `https://${host}`], terminalOf())).toEqual(told);
  await app.close();
});

test("a wrong CA, a wrong password and an unencrypted address are refused", async () => {
  const strange = await openAuthority({ directory: await temporaryDirectory() });
  const file = join(configuration, "strange.pem");
  await writeFile(file, strange.caPem);
  const words = ["login", url, "--name", "anna", "--password-file", "-"];
  const wrongCa = await runInTest([...words, "--ca-file", file], terminalOf({ input: password }));
  expect(wrongCa.exitCode).toBe(5);
  expect(wrongCa.stderr).toContain("is not trusted: ");
  const wrongPassword = await runInTest([...words, "--ca-file", await caFile()], terminalOf({ input: "guess" }));
  expect(wrongPassword).toMatchObject({
    exitCode: 5,
    stderr: expect.stringContaining("error: Name or password is wrong.\n"),
  });
  const plain = await runInTest(["login", "http://berth.example.org"], terminalOf());
  expect(plain.exitCode).toBe(2);
  expect(plain.stderr).toContain("would send passwords and tokens over the network unencrypted.");
});
