import { defineService } from "./schema.ts";

export default defineService({
  name: "minio",
  title: "Silo (MinIO)",
  description:
    "Object store with S3's API and MinIO's; holds buckets and an access key for each tenant that needs them",
  website: "https://github.com/pgsty/silo",
  scope: "shared",
  // The fork that carries MinIO on: docs/decisions/0016-object-store.md.
  image: "docker.io/pgsty/silo",
  version: "RELEASE.2026-09-03T00-00-00Z",
  command: ["server", "/data", "--address", ":9000", "--console-address", ":9001"],
  ports: [
    { name: "s3", container: 9000, host: 9000 },
    { name: "console", container: 9001, host: 9011 },
  ],
  env: {
    // No tenant gets these: its own access key ends at its own buckets. To log in to the console:
    // `berth secret show shared-minio/rootUser`, and the same for rootPassword.
    MINIO_ROOT_USER: "${secret.rootUser}",
    MINIO_ROOT_PASSWORD: "${secret.rootPassword}",
    // A browser that opens port 9000 is sent on to the console; without it, to port 9001 of the node, which nobody has.
    MINIO_BROWSER_REDIRECT_URL: "${route.url}",
    // Berth looks after versions.
    MINIO_UPDATE: "off",
  },
  secrets: { rootUser: { length: 20 }, rootPassword: { length: 40 } },
  volumes: [{ name: "data", path: "/data" }],
  memory: "1GiB",
  // /minio/health/live and /ready answer 200 as soon as the process listens; cluster, once the disk can be written to.
  health: { http: { port: 9000, path: "/minio/health/cluster" } },
  route: { port: "console" },
  stopTimeoutSeconds: 30,
  backup: {
    method: "buckets",
    note: "Objects in their newest version. Access keys, policies and quotas are made again by `berth apply`.",
  },
  upgrade: {
    major: "Releases are dates and there are no majors; the format on disk is that of MinIO since 2022, unchanged.",
    notes: "https://github.com/pgsty/silo/releases",
  },
});
