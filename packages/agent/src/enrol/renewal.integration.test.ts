import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startNode, type TestNode } from "../testing/node.ts";
import { eventually } from "../testing/processes.ts";

let node: TestNode;

beforeAll(async () => {
  node = await startNode();
  // Of 90 days 80 have passed: less than a third is left.
  node.controller.settings.life = { age: 80, days: 90 };
  await node.enrol();
});
afterAll(async () => {
  await node.stop();
});

async function identity(): Promise<{ key: string; until: number }> {
  const pair = await readFile(join(node.stateDirectory, "identity.pem"), "utf8");
  const [key = "", certificate = ""] = pair.split(/(?=-----BEGIN CERTIFICATE)/);
  return { key, until: Date.parse(new X509Certificate(certificate).validTo) };
}

describe("renewal", () => {
  it("replaces key and certificate before the old one ends, and connects with the new pair", async () => {
    const before = await identity();
    const agent = node.startAgent();
    await node.controller.connected();
    const after = await eventually("the new certificate", async () => {
      const present = await identity();
      return present.until > before.until && present;
    });
    expect(after.key).not.toBe(before.key);
    expect(agent.output()).not.toContain("PRIVATE KEY");
    node.controller.drop();
    await node.controller.connected();
  });
});
