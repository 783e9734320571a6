/** What a controller would ask a drill for, of the test's instance. */
import { healthSchema } from "@berth/shared/catalog/schema";
import type { Snapshot } from "@berth/shared/operations/backup-source";
import { backupImage } from "./backup-image.ts";
import { type BackupNode, collection, sources, subject } from "./backup-node.ts";
import { qdrantKey, storeKeys } from "./backup-stores.ts";
import { containerSpec, instanceSpec, mebibyte } from "./specs.ts";

/** Ports of the node that the stand-ins of the throw-away stores listen at. */
export const relayed = { qdrant: 16_333, objects: 19_000 };

/** As the image of PostgreSQL does it. */
const serve = [
  'printf %s "$POSTGRES_PASSWORD" > /tmp/password',
  "initdb --username=postgres --pwfile=/tmp/password --auth=scram-sha-256 -D /data > /dev/null",
  'echo "host all all all scram-sha-256" >> /data/pg_hba.conf',
  "exec postgres -D /data -k /tmp -c fsync=off -c listen_addresses='*'",
].join(" && ");

const ready = (command: string) => healthSchema.parse({ command: ["sh", "-c", command], startPeriodSeconds: 60 });

const postgres = instanceSpec({
  instance: "shared-postgres",
  containers: [
    containerSpec({
      name: "shared-postgres",
      image: backupImage,
      user: "postgres",
      command: ["sh", "-c", `rm -rf /tmp/db && mkdir /tmp/db && ${serve.replaceAll("/data", "/tmp/db")}`],
      env: { POSTGRES_PASSWORD: "superuser-of-the-drill" },
      memoryBytes: 256 * mebibyte,
      volumes: [],
      health: ready("pg_isready -q -h 127.0.0.1"),
    }),
  ],
});

/** The stand-ins need Node, which no image of the test has: a container on the drill's network leads to them. */
function relay(name: string, port: number, to: number) {
  const gateway = 'set -- $(busybox hostname -i | busybox tr . " ")';
  const command = `${gateway}; exec busybox nc -ll -p ${port} -e busybox nc "$1.$2.0.1" ${to}`;
  return instanceSpec({
    instance: name,
    containers: [
      containerSpec({
        name,
        volumes: [],
        command: ["sh", "-c", command],
        health: ready("exit 0"),
      }),
    ],
  });
}

const needs = {
  database: {
    kind: "database",
    image: backupImage,
    host: "shared-postgres",
    port: 5432,
    superuser: "postgres",
    superuserPassword: "superuser-of-the-drill",
    database: "app",
    user: "app",
    password: "login-of-the-drill",
    extensions: ["plpgsql"],
  },
  collections: {
    kind: "collections",
    url: "http://shared-qdrant:6333",
    token: qdrantKey,
    collections: [{ name: collection, vectorSize: 2, distance: "Dot" }],
  },
  buckets: { kind: "buckets", endpoint: "shared-minio", port: 9000, ...storeKeys, buckets: sources.buckets.buckets },
} as const;

const targets = {
  volume: sources.volume,
  database: { ...sources.database, host: "shared-postgres", password: "login-of-the-drill" },
  collections: { ...sources.collections, url: "http://shared-qdrant:6333" },
  buckets: { ...sources.buckets, endpoint: "shared-minio" },
};

const stores = {
  database: postgres,
  collections: relay("shared-qdrant", 6333, relayed.qdrant),
  buckets: relay("shared-minio", 9000, relayed.objects),
};

/** The instance over what was restored. `healthy`: what a shell in its container must find. */
export function drilledService(healthy = 'test "$(cat /data/note)" = kept', startPeriodSeconds = 5) {
  return instanceSpec({ containers: [containerSpec({ health: { ...ready(healthy), startPeriodSeconds } })] });
}

export function drillInput(node: BackupNode, snapshots: readonly Snapshot[], overrides: Record<string, unknown> = {}) {
  const kinds = snapshots.flatMap(({ kind }) => (kind === "volume" ? [] : [kind]));
  return {
    backup: "b",
    node: "user1",
    subject,
    repository: node.repository(),
    memoryBytes: 64 * mebibyte,
    stores: kinds.map((kind) => stores[kind]),
    needs: kinds.map((kind) => needs[kind]),
    parts: snapshots.map((snapshot) => ({ source: targets[snapshot.kind], snapshot })),
    service: drilledService(),
    ...overrides,
  };
}
