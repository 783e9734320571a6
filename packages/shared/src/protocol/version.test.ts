import { expect, test } from "vitest";
import { compatibilityOf, knows, protocolVersion } from "./version.ts";

test.each([
  [{ major: 1, minor: 3 }, "current"],
  [{ major: 1, minor: 2 }, "outdated"],
  [{ major: 1, minor: 0 }, "outdated"],
  [{ major: 1, minor: 4 }, "unsupported"],
  [{ major: 0, minor: 3 }, "unsupported"],
] as const)("an agent of %j is %s to a controller of 1.3", (agent, seen) => {
  expect(compatibilityOf(agent, { major: 1, minor: 3 })).toBe(seen);
});

test("what came with a minor version is known from it on", () => {
  const own = protocolVersion.minor;
  expect([own - 1, own, own + 1].map((minor) => knows(own, { major: 1, minor }))).toEqual([false, true, true]);
  expect(knows(0, null)).toBe(false);
});
