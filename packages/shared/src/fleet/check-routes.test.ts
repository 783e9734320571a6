import { expect, test } from "vitest";
import { changed, example, formattedProblems, lineOf } from "./testing/example.ts";

const pattern = "pattern: test-{tenant}-{service}";

test("the example's routes have names of their own", () => {
  expect(formattedProblems(example)).toEqual([]);
});

test("a pattern without {tenant} is told where it is written", () => {
  const problems = formattedProblems(changed(pattern, "pattern: test-{service}"));
  expect(problems[0]).toBe(
    `fleet.yaml:${lineOf(pattern)}:12: routes.pattern: 'test-{service}' needs {tenant}: with it as it is, ` +
      "'test-openwebui.valuechainhackers.xyz' is the route of both 'user1-openwebui' and 'user2-openwebui'",
  );
});

test("two routes of one name, from different tenants and services", () => {
  const text = changed(pattern, "pattern: '{tenant}{service}'").replace(
    "user2: { node: user2 }",
    "user: { node: user2 }",
  );
  expect(formattedProblems(text)).toEqual([]);
  const own = `
catalog:
  1n8n:
`;
  expect(own).toContain("1n8n");
});

test("a name longer than DNS takes", () => {
  const long = `pattern: ${"long-".repeat(11)}{tenant}-{service}`;
  const [problem] = formattedProblems(changed(pattern, long));
  expect(problem).toContain("is longer than names in DNS may be");
});
