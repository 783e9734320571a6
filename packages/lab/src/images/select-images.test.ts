import { describe, expect, it } from "vitest";
import { selectImages } from "./ensure-images.ts";
import { standardImages } from "./image-catalog.ts";

const named = (...references: string[]): string[] =>
  selectImages(references, "10.0.6.1:5000").map((image) => `${image.repository}:${image.tags[0]}`);

describe("selectImages", () => {
  it("takes the standard images when none are named", () => {
    expect(selectImages(undefined)).toEqual(standardImages);
  });

  it("finds an image by upstream's name and by the mirror's, once", () => {
    expect(
      named("n8nio/n8n:2.40.7", "10.0.6.1:5000/n8nio/n8n:2.40.7", "10.0.6.1:5000/open-webui/open-webui:v0.11.1"),
    ).toEqual(["docker.io/n8nio/n8n:2.40.7", "ghcr.io/open-webui/open-webui:v0.11.1"]);
  });

  it("leaves a Debian version to be judged once it is known", () => {
    expect(named("postgres:17.12")).toEqual(["docker.io/library/postgres:17"]);
  });

  it("says which versions there are instead of one that there is not", () => {
    expect(() => named("n8nio/n8n:1.0.0")).toThrow(
      expect.objectContaining({ code: "image.unavailable", hint: expect.stringContaining("n8nio/n8n:2.41.1") }),
    );
  });

  it("says which images there are instead of one that there is not", () => {
    expect(() => named("vikunja/vikunja:2.7.0")).toThrow(
      expect.objectContaining({ hint: expect.stringContaining("docker.io/flowiseai/flowise") }),
    );
  });
});
