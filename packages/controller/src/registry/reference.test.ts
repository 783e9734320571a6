import { describe, expect, test } from "vitest";
import { readChallenge } from "./challenge.ts";
import { nearestTags } from "./nearest-tags.ts";
import { locateImage } from "./reference.ts";

const hash = "0".repeat(64);

test.each([
  ["docker.io/n8nio/n8n:2.41.3", "docker.io", "n8nio/n8n", "2.41.3"],
  ["redis", "docker.io", "library/redis", "latest"],
  ["n8nio/n8n", "docker.io", "n8nio/n8n", "latest"],
  ["10.0.6.1:5000/library/redis:8-alpine", "10.0.6.1:5000", "library/redis", "8-alpine"],
  ["localhost/x", "localhost", "x", "latest"],
  [`ghcr.io/open-webui/open-webui:v0.11.2@sha256:${hash}`, "ghcr.io", "open-webui/open-webui", `sha256:${hash}`],
])("%s", (reference, registry, repository, version) => {
  expect(locateImage(reference)).toEqual({ registry, repository, version });
});

test("a mirror takes the registry's place, once", () => {
  const location = { registry: "10.0.6.1:5000", repository: "n8nio/n8n", version: "2" };
  expect(locateImage("docker.io/n8nio/n8n:2", "10.0.6.1:5000")).toEqual(location);
  expect(locateImage("10.0.6.1:5000/n8nio/n8n:2", "10.0.6.1:5000")).toEqual(location);
});

test.each(["", "Redis", "redis:", "a//b", "redis:x y", "redis@sha256:12", "docker.io/../x"])("'%s' is none", (text) => {
  expect(() => locateImage(text)).toThrow(/is not the reference of an image/);
});

describe("a challenge", () => {
  test.each([
    [
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"',
      { scheme: "bearer", realm: "https://auth.docker.io/token", service: "registry.docker.io" },
    ],
    ["bearer realm=https://x/token", { scheme: "bearer", realm: "https://x/token", service: null }],
    [
      'Negotiate, Bearer realm="https://x/\\"t\\"", Basic realm="y"',
      { scheme: "bearer", realm: 'https://x/"t"', service: null },
    ],
    ['Basic realm="Registry"', { scheme: "basic" }],
    ['Bearer service="x"', null],
    ["Negotiate", null],
    ["", null],
  ])("%s", (header, expected) => {
    expect(readChallenge(header)).toEqual(expected);
  });
});

test("the nearest tags: few characters apart, and of equals the highest version", () => {
  expect(nearestTags("2.41.9", ["latest", "2.9.1", "2.41.10", "2.41.2", "2.41.3"])).toEqual([
    "2.41.3",
    "2.41.2",
    "2.41.10",
  ]);
  expect(nearestTags("v2.41.3", ["1.0.0", "2.41.3"])).toEqual(["2.41.3", "1.0.0"]);
  expect(nearestTags("1", [])).toEqual([]);
});
