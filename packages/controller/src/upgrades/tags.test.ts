import { describe, expect, test } from "vitest";
import { isVersion, newerTags, nextMinor } from "./tags.ts";

describe("the newest of each step", () => {
  test.each([
    ["2.41.1", ["2.41.3", "2.41.10", "2.40.9", "2.42.0", "3.0.0", "latest", "2.43"], "2.41.10", "2.42.0", "3.0.0"],
    ["2.41.1", ["2.41.2-rc.1", "2.42.0-beta", "2.41.2-debian", "2.41.2-amd64"], null, null, null],
    ["v0.11.2", ["0.11.3", "v0.11.3", "v0.11.3-cuda", "v0.12.0-dev"], "v0.11.3", null, null],
    ["8.0.2-alpine", ["8.0.3", "8.0.3-alpine", "8.2.0-alpine", "9-alpine"], "8.0.3-alpine", "8.2.0-alpine", null],
    ["v1.25.2-p0", ["v1.25.3-p0", "v1.26.0-p1"], "v1.25.3-p0", "v1.26.0-p1", null],
    [
      "2026.9.25-12f8b6515",
      ["2026.9.26-0a1b2c3d4", "2026.9.26", "2026.10.1-7996410aa"],
      "2026.9.26-0a1b2c3d4",
      "2026.10.1-7996410aa",
      null,
    ],
    ["17.12", ["17.13", "18.1", "17", "17.13-alpine", "17.13-bookworm"], null, "17.13", "18.1"],
    ["latest", ["2.41.3", "latest"], null, null, null],
  ])("of %s", (present, tags, patch, minor, major) => {
    expect(newerTags(present, tags)).toEqual({ patch, minor, major });
  });

  test("of a version that names its digest are those of its tag", () => {
    const newer = newerTags(`2.41.1@sha256:${"a".repeat(64)}`, ["2.41.1", "2.41.3", "2.42.0"]);
    expect(newer).toEqual({ patch: "2.41.3", minor: "2.42.0", major: null });
  });

  test("of what is newest already is nothing", () => {
    expect(newerTags("2.41.3", ["2.41.3", "2.41.2", "1.9.9"])).toEqual({ patch: null, minor: null, major: null });
  });
});

test("the next minor version, in its newest patch", () => {
  const tags = ["v1.16.3", "v1.17.0", "v1.17.4", "v1.18.1", "v2.0.0"];
  expect(nextMinor("v1.16.3", tags)).toBe("v1.17.4");
  expect(nextMinor("v1.18.1", tags)).toBeNull();
});

test("what tags are versions", () => {
  expect(["2.41.3", "8-alpine", "latest", "nightly"].filter(isVersion)).toEqual(["2.41.3", "8-alpine"]);
});
