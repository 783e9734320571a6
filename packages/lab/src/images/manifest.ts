import type { ImageDefinition } from "./definition.ts";
import { digestOfBytes } from "./tar.ts";

/** Media types of the OCI image format; Docker 20.10 and later pull them, layers without compression included. */
export const mediaTypes = {
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar",
  gzipLayer: "application/vnd.oci.image.layer.v1.tar+gzip",
} as const;

export interface LayerBlob {
  /** Name of the bytes as they are transferred. */
  digest: string;
  size: number;
  /** Name of the unpacked tar; the same as `digest` where nothing is compressed. */
  diffId: string;
}

export interface Blob {
  digest: string;
  content: string;
}

/** Nothing in an image may tell when it was built, or equal images would have different digests. */
const created = "1970-01-01T00:00:00Z";
const architectures: Partial<Record<NodeJS.Architecture, string>> = { x64: "amd64", arm64: "arm64" };

/** The image's configuration: what a container of it gets, and which layers it stands on. */
export function imageConfigBlob(image: ImageDefinition, version: string, layers: readonly LayerBlob[]): Blob {
  const { config } = image;
  return blobOf({
    created,
    architecture: architectures[process.arch] ?? process.arch,
    os: "linux",
    config: {
      Env: [`PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`, ...pairs(config.env)],
      ...(config.user === undefined ? {} : { User: config.user }),
      ...(config.entrypoint === undefined ? {} : { Entrypoint: config.entrypoint }),
      ...(config.command === undefined ? {} : { Cmd: config.command }),
      ...(config.workingDirectory === undefined ? {} : { WorkingDir: config.workingDirectory }),
      ...(config.ports === undefined ? {} : { ExposedPorts: keys(config.ports.map((port) => `${port}/tcp`)) }),
      ...(config.volumes === undefined ? {} : { Volumes: keys(config.volumes) }),
      ...(config.stopSignal === undefined ? {} : { StopSignal: config.stopSignal }),
      Labels: {
        "org.opencontainers.image.version": version,
        "org.opencontainers.image.source": image.source,
        ...(image.standIn ? { "berth.lab.stand-in": "true" } : {}),
      },
    },
    rootfs: { type: "layers", diff_ids: layers.map((layer) => layer.diffId) },
    history: layers.map(() => ({ created, created_by: "berth lab" })),
  });
}

/** The manifest: what Docker asks for by tag. Its digest is the image's. */
export function manifestBlob(config: Blob, layers: readonly LayerBlob[]): Blob {
  return blobOf({
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: { mediaType: mediaTypes.config, digest: config.digest, size: Buffer.byteLength(config.content) },
    layers: layers.map((layer) => ({
      mediaType: layer.digest === layer.diffId ? mediaTypes.layer : mediaTypes.gzipLayer,
      digest: layer.digest,
      size: layer.size,
    })),
  });
}

function blobOf(value: unknown): Blob {
  const content = JSON.stringify(value);
  return { digest: digestOfBytes(content), content };
}

function pairs(env: Readonly<Record<string, string>> = {}): string[] {
  return Object.entries(env).map(([name, value]) => `${name}=${value}`);
}

function keys(names: readonly string[]): Record<string, object> {
  return Object.fromEntries(names.map((name) => [name, {}]));
}
