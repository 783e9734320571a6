import { expect, test } from "vitest";
import { matcherChoices } from "./matcher-choices.ts";

test.each([
  [{ node: "user1", tenant: "user1", service: "n8n", instance: "user1-n8n" }, { instance: "user1-n8n" }],
  [{ node: "user1", tenant: "user1" }, { node: "user1" }],
  // A tenant's backups are on no node, and other tenants' have nothing to do with them.
  [{ owner: "user1", tenant: "user1" }, { tenant: "user1" }],
  [{ receiver: "ops" }, {}],
])("the first choice for %j is the narrowest", (labels, place) => {
  const choices = matcherChoices({ rule: "some-rule", labels });
  expect(choices[0]).toEqual({ rule: "some-rule", ...place });
});

test("then come its instance, its node and its tenant as a whole", () => {
  const labels = { node: "user1", tenant: "user1", instance: "user1-n8n" };
  expect(matcherChoices({ rule: "drift", labels }).slice(1)).toEqual([
    { instance: "user1-n8n" },
    { node: "user1" },
    { tenant: "user1" },
  ]);
});
