import { readdirSync, readFileSync } from "node:fs";
import service from "@berth/shared/catalog/minio";
import type { FileEntry, ImageDefinition } from "../definition.ts";
import { baseLayer, filesLayer, nodeLayer } from "../layers.ts";

const program = new URL("../../stand-ins/object-store/", import.meta.url);

/** MinIO and what carries it on are Go programs that neither Debian nor npm has; see stand-ins/object-store. */
export const minio: ImageDefinition = {
  repository: service.image,
  // The one before it is there to be upgraded from.
  tags: [service.version, "RELEASE.2026-08-06T00-00-00Z"],
  layers: [
    baseLayer,
    nodeLayer,
    filesLayer({ type: "directory", path: "app" }, { type: "directory", path: "data" }, ...sources(), {
      type: "file",
      path: "app/package.json",
      content: `{"type":"module"}\n`,
    }),
  ],
  config: {
    entrypoint: ["/usr/bin/tini", "--", "node", "/app/main.ts"],
    command: ["server", "/data", "--console-address", ":9001"],
    workingDirectory: "/app",
    ports: [9000, 9001],
    volumes: ["/data"],
  },
  source: "https://github.com/pgsty/silo",
  standIn: true,
};

function sources(): FileEntry[] {
  const names = readdirSync(program).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));
  return names
    .toSorted()
    .map((name) => ({ type: "file", path: `app/${name}`, content: readFileSync(new URL(name, program), "utf8") }));
}
