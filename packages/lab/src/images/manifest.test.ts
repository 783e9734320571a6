import { describe, expect, it } from "vitest";
import type { ImageDefinition } from "./definition.ts";
import { baseLayer } from "./layers.ts";
import { imageConfigBlob, manifestBlob } from "./manifest.ts";
import { digestOfBytes } from "./tar.ts";

const image: ImageDefinition = {
  repository: "docker.io/example/program",
  tags: ["1"],
  layers: [baseLayer],
  config: {
    user: "node",
    env: { PORT: "80" },
    entrypoint: ["/usr/bin/tini", "--", "program"],
    ports: [80],
    volumes: ["/data"],
    stopSignal: "SIGINT",
  },
  source: "https://example.com/program",
  standIn: true,
};
const plain = { digest: "sha256:aa", size: 10, diffId: "sha256:aa" };
const zipped = { digest: "sha256:bb", size: 5, diffId: "sha256:cc" };

describe("imageConfigBlob", () => {
  const config = imageConfigBlob(image, "1.2", [plain, zipped]);

  it("tells a container what it is", () => {
    expect(JSON.parse(config.content)).toMatchObject({
      os: "linux",
      config: {
        User: "node",
        Env: [expect.stringMatching(/^PATH=/), "PORT=80"],
        Entrypoint: ["/usr/bin/tini", "--", "program"],
        ExposedPorts: { "80/tcp": {} },
        Volumes: { "/data": {} },
        StopSignal: "SIGINT",
        Labels: {
          "org.opencontainers.image.version": "1.2",
          "org.opencontainers.image.source": "https://example.com/program",
          "berth.lab.stand-in": "true",
        },
      },
      rootfs: { type: "layers", diff_ids: ["sha256:aa", "sha256:cc"] },
    });
  });

  it("gives no health check, for Berth does that itself", () => {
    expect(config.content).not.toContain("Healthcheck");
  });

  it("comes out the same every time", () => {
    expect(imageConfigBlob(image, "1.2", [plain, zipped])).toEqual(config);
  });
});

describe("manifestBlob", () => {
  it("names configuration and layers by digest and size, a layer without compression as such", () => {
    const config = { digest: "sha256:dd", content: "{}" };
    const manifest = manifestBlob(config, [plain, zipped]);
    expect(manifest.digest).toBe(digestOfBytes(manifest.content));
    expect(JSON.parse(manifest.content)).toEqual({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: "sha256:dd", size: 2 },
      layers: [
        { mediaType: "application/vnd.oci.image.layer.v1.tar", digest: "sha256:aa", size: 10 },
        { mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", digest: "sha256:bb", size: 5 },
      ],
    });
  });
});
