import { catalog } from "@berth/shared/catalog/index";
import { describe, expect, it } from "vitest";
import lab from "../../package.json" with { type: "json" };
import { imageKey, layerKey } from "./definition.ts";
import { flowise } from "./definitions/flowise.ts";
import { n8n } from "./definitions/n8n.ts";
import { postgres } from "./definitions/postgres.ts";
import { imageCatalog } from "./image-catalog.ts";
import { standInLibraries } from "./stand-in-layers.ts";
import { baseLayer, debianLayer, filesLayer } from "./layers.ts";

describe("layerKey", () => {
  it("is the same for the same layer of different images, so that it is built and pulled once", () => {
    const [newest] = n8n;
    expect(newest && layerKey(newest.layers, 1)).toBe(layerKey(flowise.layers, 1));
    expect(layerKey(postgres.layers, 0)).toBe(layerKey(flowise.layers, 0));
  });

  it("changes with what is below a Debian layer, which is built as a difference", () => {
    const redis = debianLayer(["redis-server"]);
    expect(layerKey([baseLayer, redis], 1)).not.toBe(layerKey([redis], 0));
  });

  it("does not change with what is below any other layer", () => {
    const files = filesLayer({ type: "file", path: "a", content: "b" });
    expect(layerKey([baseLayer, files], 1)).toBe(layerKey([files], 0));
  });
});

describe("imageKey", () => {
  it("changes with the content of a file", () => {
    const other = [...postgres.layers.slice(0, 2), filesLayer({ type: "file", path: "a", content: "b" })];
    expect(imageKey({ ...postgres, layers: other })).not.toBe(imageKey(postgres));
  });
});

describe("the catalog", () => {
  it("has every repository and tag once", () => {
    const names = imageCatalog.flatMap((image) => image.tags.map((tag) => `${image.repository}:${tag}`));
    expect(new Set(names).size).toBe(names.length);
  });

  it("puts every image on the one base", () => {
    for (const image of imageCatalog) expect(image.layers[0]).toEqual(baseLayer);
  });

  it("marks what is not the software of that name", () => {
    const real = imageCatalog.filter((image) => !image.standIn).map((image) => image.repository);
    expect([...new Set(real)].toSorted()).toEqual([
      "docker.io/edoburu/pgbouncer",
      "docker.io/flowiseai/flowise",
      "docker.io/library/postgres",
      "docker.io/library/redis",
      "docker.io/n8nio/n8n",
      "docker.io/prom/prometheus",
      "docker.io/restic/restic",
    ]);
  });

  it("has every container of Berth's catalog but Traefik's, whose part the lab's own router plays", () => {
    const containers = [...catalog.values()].flatMap((service) => [service, ...service.parts]);
    const repositories = new Set(imageCatalog.map((image) => image.repository));
    const missing = containers.map(({ image }) => image).filter((image) => !repositories.has(image));
    expect(missing).toEqual(["docker.io/library/traefik"]);
  });

  it("has stand-ins in the versions of Berth's catalog", () => {
    const tags = new Map(imageCatalog.map((image) => [image.repository, image.tags]));
    for (const { image, version } of [...catalog.values()].flatMap(({ parts }) => parts)) {
      expect([image, tags.get(image)]).toEqual([image, [version]]);
    }
  });

  it("gives the stand-ins the libraries that they are tested with", () => {
    expect(lab.dependencies).toMatchObject(standInLibraries);
  });
});
