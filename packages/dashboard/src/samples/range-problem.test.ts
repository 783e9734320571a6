import { expect, it } from "vitest";
import { rangeProblem } from "./range-problem.ts";

it.each([
  "?range=bogus",
  "?range=",
  "?from=abc&to=def",
  "?from=2026-11-24T06:00:00Z",
  "?from=2026-11-24T06:00:00Z&to=2026",
])("says that %s is no time that can be shown", (search) =>
  expect(rangeProblem(search)).toMatch(/^The link names no time .* last 15 minutes\.$/),
);

it.each(["", "?compare=day", "?range=15m", "?range=7d", "?from=2026-11-24T06:00:00Z&to=2026-11-24T07:00:00Z"])(
  "says nothing of '%s'",
  (search) => expect(rangeProblem(search)).toBeUndefined(),
);
