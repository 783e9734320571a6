import { expect, test } from "vitest";
import { catalog } from "../catalog/index.ts";
import { effectiveRules } from "./alert-rules.ts";
import { parseFleet } from "./parse.ts";
import { example, formattedProblems, problemsOf } from "./testing/example.ts";

function rulesOf(section: string) {
  const { fleet, problems } = parseFleet(`${example}\nalerts:\n${section}`, "fleet.yaml", catalog);
  expect(problems).toEqual([]);
  return effectiveRules(fleet?.alerts ?? { rules: {} });
}

function mistakes(section: string): string[] {
  return problemsOf(`${example}\nalerts:\n${section}`).map(({ path, message }) => `${path}: ${message}`);
}

test("Berth's own rules are on in a fleet that says nothing of alerts", () => {
  const { fleet } = parseFleet(example, "fleet.yaml", catalog);
  const names = effectiveRules(fleet?.alerts ?? { rules: {} }).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(["node-gone", "instance-unhealthy", "disk-full", "backup-unproven"]));
  expect(fleet?.alerts.group).toEqual({ wait: 30, interval: 300, repeat: 86_400 });
});

test("a rule is changed, switched off, or an own one", () => {
  const rules = rulesOf(`  rules:
    drift: false
    node-memory: { above: 95%, for: 30m }
    busy: { container: cpuCores, above: 1.5, for: 15m, services: [n8n] }
    big: { container: memoryBytes, above: 1.5GiB }`);
  const byName = new Map(rules.map((rule) => [rule.name, rule]));
  expect(byName.has("drift")).toBe(false);
  expect(byName.get("node-memory")).toMatchObject({ above: { share: 0.95 }, clear: undefined, for: 1800 });
  expect(byName.get("busy")).toMatchObject({ subject: { container: "cpuCores" }, above: { value: 1.5 }, for: 900 });
  expect(byName.get("big")?.above).toEqual({ value: 1.5 * 1024 ** 3 });
});

test.each([
  ["rules: { node-gon: { for: 5m } }", /rules\.node-gon: no rule is named 'node-gon'; did you mean 'node-gone'/],
  ["rules: { busy: { container: cpuCores } }", /rules\.busy: needs one of 'above' and 'below'/],
  [
    "rules: { busy: { container: cpuCores, above: 90% } }",
    /busy\.above: a share needs a limit, which cpuCores has not/,
  ],
  ["rules: { node-gone: { above: 3 } }", /node-gone\.above: the rule 'node-gone' takes no 'above'/],
  ["rules: { node-gone: { for: 5 } }", /node-gone\.for: .*must be a time such as 30s, 5m, 2h or 14d/],
  ["receivers: { ops: {} }", /receivers\.ops: needs one of webhook, email, ntfy, slack, telegram/],
  ["receivers: { ops: { webhook: {}, slack: {} } }", /receivers\.ops: is one of webhook and slack/],
  ["receivers: { ops: { slack: {}, tenants: [user7] } }", /tenants\.0: no tenant is named 'user7'/],
  [
    "receivers: { ops: { email: { host: mx, user: u, tls: none, from: a@b.nl, to: [a@b.nl] } } }",
    /ops\.email\.tls: 'none' would send the password of 'user' in the clear/,
  ],
  ["receivers: { ops: { webhook: { url: https://x } } }", /webhook\.url: unknown key 'url'/],
])("%s is a mistake", (section, message) => {
  expect(mistakes(`  ${section}`)).toEqual([expect.stringMatching(message)]);
});

test("no tenant has the name that secrets of alerts have", () => {
  expect(formattedProblems(example.replaceAll("user3", "alerts")).join()).toContain("what the secrets of alerts are");
});
