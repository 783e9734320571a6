import { describe, expect, it } from "vitest";
import { parsePackageVersions, upstreamVersion } from "./debian.ts";

describe("parsePackageVersions", () => {
  it("reads dpkg's status file", () => {
    const status = [
      "Package: redis-server\nStatus: install ok installed\nVersion: 5:8.0.2-3\nDescription: store\n Version: none",
      "Package: tini\nVersion: 0.19.0-1+b3",
      "",
    ].join("\n\n");
    expect(parsePackageVersions(status)).toEqual({ "redis-server": "5:8.0.2-3", tini: "0.19.0-1+b3" });
  });
});

describe("upstreamVersion", () => {
  it.each([
    ["17.12-0+deb13u1", "17.12"],
    ["5:8.0.2-3+deb13u1", "8.0.2"],
    ["9.7", "9.7"],
  ])("%s is upstream's %s", (debian, upstream) => {
    expect(upstreamVersion(debian)).toBe(upstream);
  });

  it("refuses what is no version", () => {
    expect(() => upstreamVersion("latest")).toThrow("is not a version of a Debian package");
  });
});
