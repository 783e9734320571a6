import { expect, it } from "vitest";
import { logContainerOf, withLogContainer } from "./log-address.ts";

it.each([
  ["", "a-b", "?container=a-b"],
  ["?container=a", undefined, ""],
  ["?range=1h&container=a&compare=day", "b", "?range=1h&compare=day&container=b"],
  [
    "?from=2026-11-23T10:00:00Z&to=2026-11-23T10:20:00Z",
    undefined,
    "?from=2026-11-23T10:00:00Z&to=2026-11-23T10:20:00Z",
  ],
])("'%s' with %s is '%s'", (search, container, expected) => {
  expect(withLogContainer(search, container)).toBe(expected);
  expect(logContainerOf(expected)).toBe(container);
});
