import { expect, test } from "vitest";
import { changed, example, formattedProblems, lineOf, withN8n } from "./testing/example.ts";
import { fleetSchema } from "./schema.ts";

const withUpgrades = (section: string) => `${example}\nupgrades: ${section}\n`;

test("a hold stands beside the version that it holds", () => {
  const held = (settings: string) =>
    changed("user2: { node: user2 }", `user2: { node: user2, services: { n8n: { ${settings} } } }`);
  expect(formattedProblems(held("version: 2.40.7, hold: true"))).toEqual([]);
  expect(formattedProblems(held("hold: false"))).toEqual([]);
  expect(formattedProblems(held("hold: true"))).toEqual([
    expect.stringMatching(/tenants\.user2\.services\.n8n\.hold: needs the 'version' beside it/),
  ]);
});

test("what every tenant has is not held as a whole", () => {
  expect(formattedProblems(withN8n("hold: true"))[0]).toContain("hold");
});

test("nothing is automatic unless the file says so", () => {
  const fleet = fleetSchema.parse({
    fleet: "x",
    domain: "example.org",
    controller: { address: "10.0.6.1" },
    nodes: {},
  });
  expect(fleet.upgrades).toEqual({
    ...{ check: "0 5 * * *", timeZone: "UTC", automatic: "none", batch: 1, minHealthySeconds: 30 },
  });
});

test("the section's values are checked where they stand", () => {
  const text = withUpgrades(
    '{ automatic: minor, services: [n8n], window: { start: "0 3 * * 0", hours: 3 }, batch: 25% }',
  );
  expect(formattedProblems(text)).toEqual([]);
  const line = lineOf("upgrades:", text);
  expect(formattedProblems(withUpgrades("{ services: [n8nn] }"))).toEqual([
    `fleet.yaml:${line}:24: upgrades.services.0: the fleet has no service 'n8nn'; did you mean 'n8n'?`,
  ]);
  expect(formattedProblems(withUpgrades("{ batch: 120% }"))[0]).toContain("a share of them such as 25%");
  expect(formattedProblems(withUpgrades("{ window: { start: nightly, hours: 3 } }"))[0]).toContain("cron expression");
  expect(formattedProblems(withUpgrades("{ timeZone: Mars }"))[0]).toContain("time zone");
});
