import { createHash } from "node:crypto";
import { cp, mkdir, readFile, readlink, symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { bundleAgent } from "../../build.ts";
import { agentVersion } from "../version.ts";
import { startNode, type TestNode } from "../testing/node.ts";
import { eventually, type Running } from "../testing/processes.ts";

let node: TestNode;
let agent: Running;
let bundle: string;
let entry: string;

beforeAll(async () => {
  node = await startNode();
  bundle = join(node.directory, "agent.mjs");
  await bundleAgent(bundle);
  const version = join(node.directory, "install/versions", agentVersion);
  await mkdir(version, { recursive: true });
  await cp(bundle, join(version, "agent.mjs"));
  await symlink(join("versions", agentVersion), join(node.directory, "install/current"));
  entry = join(node.directory, "install/current/agent.mjs");
  await node.enrol();
  agent = node.startAgent(entry);
  await node.controller.connected();
});
afterAll(async () => {
  await node.stop();
});
afterEach(({ task }) => {
  if (task.result?.state === "fail") process.stderr.write(agent.output());
});

async function current(): Promise<string> {
  return readlink(join(node.directory, "install/current"));
}

/** Offers a bundle as the controller does. */
async function offer(version: string, content: string, sha256?: string): Promise<void> {
  const path = `/agent/bundle/${version}`;
  node.controller.files.set(path, Buffer.from(content));
  const found = createHash("sha256").update(content).digest("hex");
  node.controller.send({ type: "upgrade", version, path, sha256: sha256 ?? found });
}

async function bundleOf(version: string): Promise<string> {
  return (await readFile(bundle, "utf8")).replace(`version:"${agentVersion}"`, `version:"${version}"`);
}

/** What the controller was told. */
function refusals(): string[] {
  return node.controller.all("upgrade.failed").map(({ error }) => error.message);
}

describe("upgrade", () => {
  it("refuses a bundle with another checksum and goes on", async () => {
    await offer("9.9.0", "content", "0".repeat(64));
    await eventually("the refusal", () => refusals().some((message) => message.includes("has another SHA-256")));
    expect(await current()).toBe(`versions/${agentVersion}`);
    expect((await node.controller.observe()).docker).toBe("running");
  });

  it("refuses a bundle that does not load", async () => {
    await offer("9.9.1", "this is no program");
    await eventually("the refusal", () => refusals().includes("Version 9.9.1 of the agent does not run on this node."));
    expect(agent.output()).toContain("9.9.1/agent.mjs self-test");
    expect(await current()).toBe(`versions/${agentVersion}`);
  });

  it("becomes the new version, which stays once it is welcomed", async () => {
    await offer("9.9.2", await bundleOf("9.9.2"));
    expect(await agent.exited).toBe(0);
    expect(await current()).toBe("versions/9.9.2");
    agent = node.startAgent(entry);
    await eventually("the new version", () => node.controller.all("hello").at(-1)?.agentVersion === "9.9.2");
    await eventually("the end of its probation", () => agent.output().includes('"msg":"upgraded"'));
  });

  it("comes back to the old version when the new one starts again and again without a welcome", async () => {
    await offer("9.9.3", await bundleOf("9.9.3"));
    expect(await agent.exited).toBe(0);
    node.controller.settings.welcome = false;
    for (let starts = 0; starts < 3; starts += 1) {
      agent = node.startAgent(entry);
      await eventually("it to try", () => agent.output().includes('"msg":"starting"'));
      await agent.kill("SIGKILL");
    }
    agent = node.startAgent(entry);
    expect(await agent.exited).toBe(0);
    expect(await current()).toBe("versions/9.9.2");
    node.controller.settings.welcome = true;
    agent = node.startAgent(entry);
    await node.controller.connected();
    expect(node.controller.all("hello").at(-1)?.agentVersion).toBe("9.9.2");
  });
});
