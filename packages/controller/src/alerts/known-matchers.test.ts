import { catalog } from "@berth/shared/catalog/index";
import { parseFleet } from "@berth/shared/fleet/parse";
import { example } from "@berth/shared/fleet/testing/example";
import { expect, test } from "vitest";
import { requireKnown } from "./known-matchers.ts";
import { instance, node, status } from "./test-fixtures.ts";

const { fleet } = parseFleet(
  `${example}\nalerts: { rules: { drift: false, busy: { container: cpuCores, above: 1.5 } } }`,
  "fleet.yaml",
  catalog,
);
const gone = { rule: "node-gone", labels: { node: "user9", tenant: "user9" } };
const things = { fleet, status: status([node()], [instance()]), active: [gone] };

test.each([
  { rule: "drift" },
  { rule: "busy", node: "user1" },
  { tenant: "shared" },
  { tenant: "user2", instance: "user1-n8n" },
  { node: "user9", tenant: "user9" },
])("%j is of something", (matchers) => {
  expect(() => requireKnown(matchers, things)).not.toThrow();
});

test.each([
  [{ node: "usr1" }, "The fleet has no node 'usr1'", "Did you mean 'user1'? See `berth node list`"],
  [{ node: "user1", rule: "bogus" }, "The fleet has no rule of alerts 'bogus'", "See docs/alerts.md, and alerts.rules"],
  [{ rule: "bussy" }, "The fleet has no rule of alerts 'bussy'", "Did you mean 'busy'?"],
  [{ tenant: "nobody" }, "The fleet has no tenant 'nobody'", "See `berth tenant list`"],
  [{ instance: "user1-n8m" }, "The fleet has no instance 'user1-n8m'", "Did you mean 'user1-n8n'?"],
])("%j is refused", (matchers, message, hint) => {
  const refusal = { code: "not-found", message, hint: expect.stringContaining(hint) as string };
  expect(() => requireKnown(matchers, things)).toThrow(expect.objectContaining(refusal));
});

test("before anything was applied, Berth's own rules are known", () => {
  const none = { fleet: null, status: status([], []), active: [] };
  expect(() => requireKnown({ rule: "drift" }, none)).not.toThrow();
  expect(() => requireKnown({ node: "user1" }, none)).toThrow("The fleet has no node 'user1'");
});
