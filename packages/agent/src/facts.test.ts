import { expect, it } from "vitest";
import { nodeFacts, processStartedAt } from "./facts.ts";

it("knows when a process was started, as Node does of its own", () => {
  const own = Date.now() - process.uptime() * 1000;
  expect(Math.abs((processStartedAt(process.pid) ?? 0) - own)).toBeLessThan(3000);
  expect(processStartedAt(2 ** 30)).toBeNull();
});

it("says when the node's first process was, which is older than this one", () => {
  const host = { os: "Debian", kernel: "6.1.0", architecture: "x64" };
  const { bootedAt } = nodeFacts(host, { cores: 2, memoryBytes: 1024, cgroupVersion: 2 }, null);
  // A fraction of a second may be rounded either way.
  expect(Math.abs((bootedAt ?? 0) - (processStartedAt(1) ?? 0))).toBeLessThanOrEqual(1000);
  expect(bootedAt).toBeLessThan(Date.now() - process.uptime() * 1000);
});
