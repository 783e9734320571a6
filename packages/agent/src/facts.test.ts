import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { nodeFacts } from "./facts.ts";

it("says when the node's first process was started, as ps does", () => {
  const host = { os: "Debian", kernel: "6.1.0", architecture: "x64" };
  const facts = nodeFacts(host, { cores: 2, memoryBytes: 1024, cgroupVersion: 2 }, null);
  const seconds = Number(execFileSync("ps", ["-o", "etimes=", "-p", "1"], { encoding: "utf8" }));
  expect(Math.abs((facts.bootedAt ?? 0) - (Date.now() - seconds * 1000))).toBeLessThan(5000);
});
