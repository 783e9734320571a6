import { expect, test } from "vitest";
import { catalog } from "./index.ts";
import { compareVersions, versionStep } from "./versions.ts";

test.each([
  ["2.40.0", "2.41.3", "minor"],
  ["2.41.1", "2.41.3", "patch"],
  ["2.41.9", "2.41.10", "patch"],
  ["1.123.0", "2.0.0", "major"],
  ["v0.11.1", "v0.11.2", "patch"],
  ["v0.11.2", "0.11.2", "same"],
  ["2.41.3", "2.41.1", "downgrade"],
  ["2.41.0-rc.1", "2.41.0", "patch"],
  ["2.41.0", "2.41.0-beta.2", "downgrade"],
  ["2.41.0-rc.2", "2.41.0-rc.10", "patch"],
  ["17.6-alpine", "17.7-alpine", "minor"],
  ["17.6", "18.1", "major"],
  ["17.6-alpine", "17.6", "unknown"],
  ["17", "17.6", "unknown"],
  ["17", "18.1", "major"],
  ["v1.25.2-p0", "v1.25.2-p1", "patch"],
  ["v1.25.2-p1", "v1.25.2-p0", "downgrade"],
  ["26.8.20.9", "26.8.20.11", "patch"],
  ["26.8.20.9", "26.9.1.2", "minor"],
  ["2026.9.25-12f8b6515", "2026.10.1-aaaaaaaaa", "minor"],
  ["2026.9.25-12f8b6515", "2026.9.25-aaaaaaaaa", "unknown"],
  ["2026.1", "2026.2", "minor"],
  ["RELEASE.2025-09-03T00-00-00Z", "RELEASE.2026-09-03T00-00-00Z", "minor"],
  ["RELEASE.2026-09-03T00-00-01Z", "RELEASE.2026-09-03T00-00-00Z", "downgrade"],
  ["RELEASE.2026-09-03T00-00-00Z", "2.41.3", "unknown"],
  ["latest", "2.41.3", "unknown"],
  ["latest", "latest", "same"],
  ["latest", "main", "unknown"],
  ["99999999999999999999.1.1", "1.1.1", "unknown"],
  ["2.41.0-rc.01", "2.41.0", "unknown"],
  ["", "1", "unknown"],
] as const)("%s -> %s: %s", (from, to, step) => {
  expect(versionStep(from, to)).toBe(step);
});

test("digests are passed by: of one tag, none is newer", () => {
  const [one, other] = ["a", "b"].map((digit) => `@sha256:${digit.repeat(64)}`);
  expect(versionStep(`2.41.1${one}`, `2.41.1${other}`)).toBe("same");
  expect(versionStep(`2.41.1${one}`, "2.41.1")).toBe("same");
  expect(versionStep("2.41.1", `2.41.3${one}`)).toBe("patch");
  expect(versionStep(`2.41.3${one}`, `2.40.1${other}`)).toBe("downgrade");
  expect(versionStep("main", `main${one}`)).toBe("same");
});

test("two versions compare the same either way round", () => {
  expect(compareVersions("2.41.1", "2.41.3")).toBeLessThan(0);
  expect(compareVersions("2.41.3", "2.41.1")).toBeGreaterThan(0);
  expect(compareVersions("2.41.3", "main")).toBeNull();
});

test("every pinned version of the catalog is one that can be compared", () => {
  for (const { name, version } of catalog.values()) {
    const later = version.replace(/\d{2,}|\d(?=[^\d]*$)/, (digits) => String(Number(digits) + 1));
    expect([name, versionStep(version, later)]).not.toEqual([name, "unknown"]);
  }
});
