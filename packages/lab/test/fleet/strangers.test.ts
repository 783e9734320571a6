/** Who is let in: agents by a join token that works once, then by a certificate that nobody else may use. */
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createJoinToken } from "@berth/shared/api/nodes";
import { repository } from "../../src/demo/controller.ts";
import { ensurePackages } from "../../src/host/packages.ts";
import { waitFor } from "../../src/host/wait.ts";
import { runInNamespace, spawnInNamespace } from "../../src/network/namespace.ts";
import { convergedExample, type TestFleet } from "./fixture.ts";
import { recordedEvents } from "./records.ts";

const agent = join(repository, "packages/agent/dist/agent.mjs");
const controllerUrl = "https://10.0.6.1:8421";
/** A node that is a process in the lab's network: nothing but its agent matters here. */
const visitor = { name: "visitor", address: "10.0.6.20" };

let fleet: TestFleet;
let directory: string;
let directories = 0;

beforeAll(async () => {
  await ensurePackages(["nftables"]);
  fleet = await convergedExample();
  directory = await mkdtemp(join(tmpdir(), "berth-strangers-"));
});

afterAll(async () => {
  await fleet.berth(["node", "remove", visitor.name, "--keep-agent"]);
  await rm(directory, { recursive: true, force: true });
});

describe("a join token", () => {
  it("works once, and says so to whoever comes second", async () => {
    const token = await newToken();
    expect(await enrol(token)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("Enrolled as visitor") });
    expect(await enrol(token)).toMatchObject({ exitCode: 5, stderr: expect.stringContaining("has been used") });
  });

  it("is refused when its secret is made up", async () => {
    const [version, id, secret = "", fingerprint] = (await newToken()).split(".");
    const forged = [version, id, secret.replaceAll(/[a-z]/g, "x"), fingerprint].join(".");
    expect(await enrol(forged)).toMatchObject({ exitCode: 5, stderr: expect.stringContaining("not known") });
  });

  it("keeps the agent from a controller that it was not made by", async () => {
    const token = (await newToken()).replace(/[0-9a-f]{64}$/, "ab".repeat(32));
    const { exitCode, stderr } = await enrol(token);
    expect(exitCode).toBe(5);
    expect(stderr).toMatch(/certificate|fingerprint/i);
  });

  it.each([
    ["empty", ""],
    ["cut short", "berth1"],
    ["of no base64", "berth1.a.b.c"],
    ["long", "🚢".repeat(5000)],
  ])("that is none is called so: %s", async (_which, text) => {
    const { exitCode, stderr } = await enrol(text);
    expect(exitCode).toBe(5);
    expect(stderr).toMatch(/token/i);
  });

  async function newToken(): Promise<string> {
    const answer = await fleet.json(createJoinToken.response, ["node", "token", visitor.name, visitor.address]);
    return answer.token;
  }
});

describe("the identity of an agent", () => {
  it("is refused to a second agent that holds a copy of it, which is reported; the first goes on", async () => {
    const since = Date.now();
    const guest = await fleet.guest("user1");
    const state = newDirectory();
    await copyIdentity(join(await guest.root(), "var/lib/berth-agent"), state);
    const copy = startAgent(state);
    try {
      const event = await waitFor({
        what: "The report of the second agent",
        deadlineMs: 60_000,
        intervalMs: 200,
        check: () =>
          recordedEvents(fleet.controller, since).find(
            ({ kind, node }) => kind === "agent.duplicate" && node === "user1",
          ),
      });
      expect(event.message).toContain("second agent");
      expect(recordedEvents(fleet.controller, since).map(({ kind }) => kind)).not.toContain("agent.disconnected");
      expect(await fleet.berth(["exec", "user1-openwebui", "--", "true"])).toMatchObject({ exitCode: 0 });
    } finally {
      copy.kill("SIGKILL");
      await copy;
    }
    expect(await runInNamespace(fleet.lab.namespace, ["nft", "list", "tables"])).not.toContain("berth");
  });

  it("is worth nothing after the node was removed", async () => {
    const state = newDirectory();
    const { token } = await fleet.json(createJoinToken.response, ["node", "token", visitor.name, visitor.address]);
    expect(await enrol(token, state)).toMatchObject({ exitCode: 0 });
    const run = startAgent(state);
    try {
      await fleet.waitForStatus("The visitor online", 30_000, isVisitor("online"));
      await fleet.succeed(["node", "remove", visitor.name, "--keep-agent"]);
      await waitFor({
        what: "The agent's complaint",
        deadlineMs: 60_000,
        intervalMs: 200,
        check: () => (/revoked|403|forbidden/i.test(run.output()) ? true : undefined),
      });
      expect((await fleet.status()).nodes.map(({ name }) => name)).not.toContain(visitor.name);
    } finally {
      run.kill("SIGKILL");
      await run;
    }
  });

  const isVisitor =
    (wanted: string) =>
    ({ nodes }: Awaited<ReturnType<TestFleet["status"]>>): boolean =>
      nodes.some(({ name, state }) => name === visitor.name && state === wanted);
});

/** Without what the node is to be: this copy runs in the network of the controller, where user1's firewall has no place. */
async function copyIdentity(from: string, to: string): Promise<void> {
  const isIntended = (file: string) => /^(?:journal|firewall)/.test(basename(file));
  await cp(from, to, { recursive: true, filter: (file) => !isIntended(file) });
}

function newDirectory(): string {
  directories += 1;
  return join(directory, `state-${directories}`);
}

function environment(state: string): Record<string, string> {
  return {
    BERTH_AGENT_STATE: state,
    BERTH_AGENT_INSTALL: join(state, "install"),
    DOCKER_SOCKET: join(state, "no-docker.sock"),
    BERTH_REGISTRY_CERTIFICATES: join(state, "certificates"),
  };
}

async function enrol(
  token: string,
  state = newDirectory(),
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const argv = [process.execPath, agent, "enrol", "--controller", controllerUrl] as const;
  const options = { env: environment(state), input: token, reject: false, timeout: 60_000 };
  const { exitCode, stdout, stderr } = await spawnInNamespace(fleet.lab.namespace, argv, options);
  return { exitCode: exitCode ?? -1, stdout, stderr };
}

/** The agent as a process; the caller kills it. */
function startAgent(state: string) {
  const argv = [process.execPath, agent, "run"] as const;
  const spawned = spawnInNamespace(fleet.lab.namespace, argv, { env: environment(state), reject: false, all: true });
  let output = "";
  spawned.all.on("data", (data) => {
    output += String(data);
  });
  return Object.assign(spawned, { output: () => output });
}
