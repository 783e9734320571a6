/** What is refused, how it is said, and that nothing changes by it. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { getStatus } from "@berth/shared/api/status";
import { login } from "@berth/shared/api/accounts";
import { errorBodySchema } from "@berth/shared/api/errors";
import { runInNamespace } from "../../src/network/namespace.ts";
import { startRelay } from "../../src/relay/service.ts";
import { convergedExample, type TestFleet } from "./fixture.ts";

let fleet: TestFleet;
let directory: string;

beforeAll(async () => {
  fleet = await convergedExample();
  directory = await mkdtemp(join(tmpdir(), "berth-refusing-"));
});

afterAll(() => rm(directory, { recursive: true }));

describe("a fleet file that is", () => {
  const bomb = ["a: &a [x, x, x, x, x, x, x, x, x]"];
  for (const [index, name] of ["b", "c", "d", "e", "f", "g", "h", "i"].entries()) {
    const former = `*${"abcdefgh".charAt(index)}`;
    bomb.push(`${name}: &${name} [${Array.from({ length: 9 }, () => former).join(", ")}]`);
  }

  const withNode = (name: string): ((example: string) => string) => {
    return (example) => example.replace("  user1: { address", `  ${JSON.stringify(name)}: { address`);
  };

  it.each<[string, (example: string) => string, RegExp]>([
    ["no YAML", (example) => example.replace("nodes:", "nodes: ]"), /fleet\.yaml:\d+:\d+/],
    ["misspelt", (example) => example.replace("tenants:", "tenant:"), /fleet\.yaml:\d+:1: .*tenants/],
    ["of the wrong type", (example) => example.replace("cores: 2", "cores: many"), /fleet\.yaml:\d+:\d+: .*cores/],
    ["empty", () => "", /fleet\.yaml:1:1/],
    ["a bomb of aliases", (example) => `${bomb.join("\n")}\n${example}`, /fleet\.yaml:\d+:\d+/],
    ["larger than a megabyte", (example) => `${example}#${"x".repeat(1024 * 1024)}`, /larg|big|megabyte|MiB/i],
    ["naming two nodes with one address", (example) => example.replace("10.0.6.12", "10.0.6.11"), /10\.0\.6\.11/],
    ...["a b", 'quo"te', "o'brien", "dot.dot", "🚢", "x".repeat(200), "../../etc", "UPPER", "-dash"].map(
      (name): [string, (example: string) => string, RegExp] => [
        `naming a node ${name.slice(0, 12)}`,
        withNode(name),
        /fleet\.yaml:\d+:\d+/,
      ],
    ),
  ])("%s is refused with its place, and changes nothing", async (_, change, sentence) => {
    const file = join(directory, "fleet.yaml");
    await writeFile(file, change(fleet.example));
    const before = await fleet.succeed(["fleet", "export"]);
    const { exitCode, stdout, stderr } = await fleet.berth(["apply", file, "--yes"], { deadlineMs: 20_000 });
    expect({ exitCode, stdout, stderr }).toMatchObject({ exitCode: 2, stdout: "" });
    expect(stderr).toMatch(sentence);
    expect(await fleet.succeed(["fleet", "export"])).toBe(before);
  });
});

describe("the page's door", () => {
  const get = (path: string, headers: Record<string, string> = {}) => ask("GET", path, headers);
  const logIn = (password: string, name = fleet.account.name) =>
    ask("POST", login.path, { "content-type": "application/json" }, JSON.stringify({ name, password }));

  it("shows the page to everybody, and the API to nobody", async () => {
    const page = await get("/");
    expect(page).toMatchObject({ status: 200, type: expect.stringContaining("text/html") });
    for (const path of [getStatus.path, "/api/runs", "/api/fleet", "/api/inventory", "/api/live"]) {
      const { status, body } = await get(path);
      expect(status, path).toBe(401);
      expect(errorBodySchema.parse(JSON.parse(body)).error.code, path).toBe("unauthenticated");
    }
  });

  it("refuses a wrong password, and a right one opens the API", async () => {
    expect(await logIn("not the password")).toMatchObject({ status: 401 });
    const { status, body } = await logIn(await readFile(fleet.account.passwordFile, "utf8"));
    expect(status).toBe(200);
    const { token } = login.response.parse(JSON.parse(body));
    expect(await get(getStatus.path, { authorization: `Bearer ${token}` })).toMatchObject({ status: 200 });
    const forged = `${token.slice(0, -1)}${token.endsWith("a") ? "b" : "a"}`;
    expect(await get(getStatus.path, { authorization: `Bearer ${forged}` })).toMatchObject({ status: 401 });
  });

  it("shows a tenant's account its own, and the rest of the fleet to nobody but those who may see it", async () => {
    const password = "a password of tina's";
    const set = ["account", "set", "tina", "--role", "tenant", "--tenant"];
    const refused = await fleet.berth([...set, "user9", "--password-file", "-"], { input: password });
    expect(refused).toMatchObject({ exitCode: 3, stderr: expect.stringContaining("The fleet has no tenant 'user9'") });
    await fleet.succeed([...set, "user2", "--password-file", "-"], { input: password });
    const { token } = login.response.parse(JSON.parse((await logIn(password, "tina")).body));
    const headers = { authorization: `Bearer ${token}` };
    const told = await get(getStatus.path, headers);
    const { nodes, instances } = getStatus.response.parse(JSON.parse(told.body));
    expect(nodes.map(({ name }) => name)).toEqual(["user2"]);
    expect(instances.map(({ name }) => name).toSorted()).toEqual(["user2-flowise", "user2-n8n", "user2-openwebui"]);
    for (const path of [
      "/api/status",
      "/api/tenants",
      "/api/routes",
      "/api/usage",
      "/api/backups",
      "/api/samples?seconds=60",
    ]) {
      const { status, body } = await get(path, headers);
      expect(status, path).toBe(200);
      expect(body, path).not.toMatch(/user[13]|10\.0\.6\.1[013]\b.*"node":"shared"/);
    }
    for (const path of [
      "/api/runs",
      "/api/events",
      "/api/alerts",
      "/api/secrets",
      "/api/fleet",
      "/api/nodes",
      "/api/live?run=1",
    ]) {
      expect((await get(path, headers)).status, path).toBe(403);
    }
    for (const path of ["/api/tenants/user1", "/api/instances/user1-n8n/logs", "/api/usage?tenant=user1"]) {
      expect((await get(path, headers)).status, path).toBe(404);
    }
    await fleet.succeed(["account", "remove", "tina"]);
    expect((await get("/api/status", headers)).status).toBe(401);
  });

  it("is open to a browser of this machine by a relay", async () => {
    const { port } = await startRelay({
      stateDirectory: fleet.lab.stateDirectory,
      port: 18_420,
      socketPath: fleet.controller.pageSocket,
    });
    const answer = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(10_000) });
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain("<title>");
  });

  /** Over the socket that the relay leads to. */
  async function ask(method: string, path: string, headers: Record<string, string>, body?: string) {
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; type: string; body: string }>();
    const signal = AbortSignal.timeout(10_000);
    const asked = request({ socketPath: fleet.controller.pageSocket, method, path, headers, signal }, (answer) => {
      const { statusCode = 0, headers: received } = answer;
      text(answer).then(
        (content) => resolve({ status: statusCode, type: received["content-type"] ?? "", body: content }),
        reject,
      );
    });
    asked.once("error", reject);
    asked.end(body);
    return promise;
  }
});

describe("the door to the network", () => {
  it("answers with TLS of the controller's own authority, and without a token only with 401", async () => {
    const guest = await fleet.guest("user1");
    const ca = join(await guest.root(), "var/lib/berth-agent/ca.pem");
    const curl = (...options: string[]) =>
      runInNamespace(fleet.lab.namespace, ["curl", "--silent", "--max-time", "10", "--cacert", ca, ...options]);
    const url = `https://10.0.6.1:8421${getStatus.path}`;
    expect(await curl("--write-out", "%{http_code}", "--output", "/dev/null", url)).toBe("401");
    expect(errorBodySchema.parse(JSON.parse(await curl(url))).error.code).toBe("unauthenticated");
  });
});
