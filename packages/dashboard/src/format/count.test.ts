import { expect, it } from "vitest";
import { formatCount } from "./count.ts";

it("says one and many", () => {
  expect(formatCount(1, "step")).toBe("1 step");
  expect(formatCount(0, "step")).toBe("0 steps");
  expect(formatCount(2, "entry", "entries")).toBe("2 entries");
});
