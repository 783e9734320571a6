import { catalog } from "@berth/shared/catalog/index";
import type { Service } from "@berth/shared/catalog/schema";
import { describe, expect, test } from "vitest";
import { judgeFailures, judgeVersion } from "./rules.ts";

function service(name: string): Service {
  const found = catalog.get(name);
  if (found === undefined) throw new Error(`There is no ${name}`);
  return found;
}
const judge = (name: string, from: string, to: string, acceptMajor = false) =>
  judgeVersion({ service: service(name), from, to }, { acceptMajor });

describe("an older version", () => {
  test("is refused where it cannot read what is there; a backup is the way back", () => {
    expect(() => judge("n8n", "2.41.3", "2.40.7")).toThrow("n8n 2.40.7 cannot read what 2.41.3 has written");
    expect(() => judge("n8n", "2.41.3", "2.40.7", true)).toThrow("cannot read");
  });

  test("is taken by a service that reads it, and told", () => {
    expect(judge("postgres", "17.12", "17.10")).toEqual(["17.10 is older than 17.12, which PostgreSQL takes"]);
  });
});

describe("another major version", () => {
  test("is refused with what has to be done for it, until somebody says that it is", () => {
    expect(() => judge("n8n", "2.41.3", "3.0.1")).toThrow(
      /another major version. From 2 to 3: see the breaking changes/,
    );
    expect(judge("n8n", "2.41.3", "3.0.1", true)).toEqual([
      expect.stringContaining("another major version"),
      expect.stringContaining("cannot read"),
    ]);
  });

  test("of which the catalog says nothing leads to the release notes", () => {
    expect(() => judge("openwebui", "v0.11.2", "v1.0.0")).toThrow("the release notes of Open WebUI say");
  });
});

describe("minor versions", () => {
  test("are passed through one by one where the service demands it", () => {
    expect(() => judge("qdrant", "v1.16.3", "v1.18.0")).toThrow("from v1.16.3 to v1.18.0, v1.17 comes first");
    expect(judge("qdrant", "v1.16.3", "v1.17.1")).toHaveLength(1);
    expect(judge("qdrant", "v1.16.0", "v1.16.3")).toHaveLength(1);
  });

  test("are skipped elsewhere, and what cannot be undone is announced with the release notes", () => {
    expect(judge("n8n", "2.30.0", "2.41.3")).toEqual([
      "what n8n 2.41.3 migrates, 2.30.0 cannot read: each instance is copied while it is stopped, and the copy is put " +
        "back should the new version fail. Release notes: https://docs.n8n.io/release-notes/",
    ]);
  });
});

test("another image of one version is taken both ways, and told as such", () => {
  const pinned = `2.41.3@sha256:${"0123456789ab".padEnd(64, "0")}`;
  expect(judge("n8n", "2.41.3", pinned)).toEqual([
    "2.41.3@sha256:0123456789ab is the version of n8n that runs as 2.41.3, in another image: each instance is copied while " +
      "it is stopped, and the copy is put back should that image fail",
    expect.stringContaining("https://docs.n8n.io"),
  ]);
  expect(judge("n8n", pinned, "2.41.3")).toHaveLength(2);
  expect(judge("qdrant", "v1.16.3", `v1.16.3@sha256:${"0".repeat(64)}`)[0]).toMatch(/in another image/);
  expect(() => judge("qdrant", "v1.16.3", `v1.18.0@sha256:${"0".repeat(64)}`)).toThrow("v1.17 comes first");
});

test("tags that do not tell which is newer are taken, and that is told", () => {
  expect(judge("searxng", "2026.9.25-12f8b6515", "latest")[0]).toBe(
    "the tags do not tell whether latest is newer than 2026.9.25-12f8b6515",
  );
});

test("a version that failed before is tried again on request alone", () => {
  const failures = [{ instance: "user1-n8n", at: "2026-11-20T03:01:00.000Z", reason: "it was unhealthy" }];
  expect(judgeFailures([], "2.42.0", false)).toEqual([]);
  expect(() => judgeFailures(failures, "2.42.0", false)).toThrow(
    "2.42.0 failed before: user1-n8n went back from it at 2026-11-20T03:01:00.000Z (it was unhealthy)",
  );
  expect(judgeFailures(failures, "2.42.0", true)).toEqual([expect.stringContaining("failed before")]);
});
