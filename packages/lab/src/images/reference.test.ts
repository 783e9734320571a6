import { describe, expect, it } from "vitest";
import { mirrorNames, parseReference } from "./reference.ts";

describe("parseReference", () => {
  it.each([
    ["postgres:17", "docker.io/library/postgres", "17"],
    ["library/postgres", "docker.io/library/postgres", "latest"],
    ["n8nio/n8n:2.41.1", "docker.io/n8nio/n8n", "2.41.1"],
    ["ghcr.io/open-webui/open-webui:v0.11.2", "ghcr.io/open-webui/open-webui", "v0.11.2"],
    ["localhost:5000/a/b:1", "localhost:5000/a/b", "1"],
  ])("reads %s as Docker does", (reference, repository, tag) => {
    expect(parseReference(reference)).toEqual({ repository, tag });
  });

  it("takes the mirror off", () => {
    const reference = parseReference("10.0.6.1:5000/ghcr.io/open-webui/open-webui:v0.11.2", "10.0.6.1:5000");
    expect(reference).toEqual({ repository: "ghcr.io/open-webui/open-webui", tag: "v0.11.2" });
  });

  it.each(["", "UPPER/case:1", "a b", "name:"])("refuses %j with an example of what is right", (reference) => {
    expect(() => parseReference(reference)).toThrow("is not an image reference");
  });
});

describe("mirrorNames", () => {
  it("puts the mirror in the registry's place, and in front of the whole", () => {
    expect(mirrorNames("ghcr.io/open-webui/open-webui")).toEqual([
      "open-webui/open-webui",
      "ghcr.io/open-webui/open-webui",
    ]);
  });

  it("knows an official image by its short name too", () => {
    expect(mirrorNames("docker.io/library/postgres")).toEqual([
      "library/postgres",
      "docker.io/library/postgres",
      "postgres",
    ]);
  });
});
