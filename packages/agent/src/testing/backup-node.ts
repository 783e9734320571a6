/** A node with an instance that has something of everything: a volume, a database, collections and buckets. */
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Repository, Snapshot } from "@berth/shared/operations/backup-source";
import { backupCreate } from "@berth/shared/operations/backup-create";
import { backupImage, importBackupImage } from "./backup-image.ts";
import { qdrantKey, qdrantPort, startObjectStore, startQdrant, storeKeys, storePort } from "./backup-stores.ts";
import { runInside } from "./lan.ts";
import { startNode, type TestNode } from "./node.ts";
import { eventually, type Running } from "./processes.ts";
import { containerSpec, instanceSpec } from "./specs.ts";

const run = promisify(execFile);
const client = new URL("object-store-client.ts", import.meta.url).pathname;

export const subject = "user1-web";
export const collection = "user1_web";
export const bucket = "user1-files";

export const sources = {
  volume: { kind: "volume", name: "data", volume: `${subject}-data` },
  database: {
    kind: "database",
    name: "db",
    image: backupImage,
    host: "127.0.0.1",
    port: 5432,
    database: "app",
    user: "app",
    password: "secret-of-app",
  },
  collections: {
    kind: "collections",
    name: "memories",
    url: `http://127.0.0.1:${qdrantPort}`,
    token: qdrantKey,
    collections: [collection],
  },
  buckets: { kind: "buckets", name: "files", endpoint: "127.0.0.1", port: storePort, ...storeKeys, buckets: [bucket] },
} as const;

export class BackupNode {
  readonly node: TestNode;
  readonly directory: string;
  agent: Running;
  readonly #mounts: string[] = [];

  private constructor(node: TestNode, directory: string, agent: Running) {
    this.node = node;
    this.directory = directory;
    this.agent = agent;
  }

  static async start(): Promise<BackupNode> {
    const node = await startNode();
    // The harder case: nothing but the backup itself starts again what it has stopped.
    node.controller.settings.drift = "report";
    const directory = join(node.directory, "backups");
    await mkdir(directory);
    await importBackupImage(node.docker.client);
    await node.docker.importImage("test/web:1", ["httpd", "-f", "-p", "80", "-h", "/www"]);
    await startQdrant(node.namespace, node.directory);
    await startObjectStore(node.namespace, node.directory);
    await node.enrol();
    const agent = node.startAgent();
    await node.controller.connected();
    const made = new BackupNode(node, directory, agent);
    await made.perform("instance.ensure", instanceSpec({ containers: [containerSpec()] }));
    await made.#startPostgres();
    return made;
  }

  async #startPostgres(): Promise<void> {
    const serve = "initdb --auth=trust -D /tmp/data && exec postgres -D /tmp/data -k /tmp -c fsync=off";
    await this.docker(
      "run",
      "--detach",
      "--name=pg",
      "--network=host",
      "--user=postgres",
      backupImage,
      "sh",
      "-c",
      serve,
    );
    await eventually("PostgreSQL to answer", () => this.sql("SELECT 1", "postgres", "postgres").catch(() => null));
    await this.sql("CREATE ROLE app LOGIN", "postgres", "postgres");
    await this.sql("CREATE DATABASE app OWNER app", "postgres", "postgres");
  }

  repository(overrides: Partial<Repository> = {}): Repository {
    return {
      owner: "user1",
      image: backupImage,
      location: join(this.directory, "user1"),
      directory: this.directory,
      password: "password-of-user1",
      env: {},
      ca: null,
      ...overrides,
    };
  }

  async perform(kind: string, input: unknown): Promise<unknown> {
    const outcome = await this.outcome(kind, input);
    if (outcome.status !== "succeeded") throw new Error(JSON.stringify(outcome));
    return outcome.output;
  }

  async outcome(kind: string, input: unknown) {
    const { controller } = this.node;
    return controller.outcome(controller.operation(kind, input, { deadlineSeconds: 300 }), 300_000);
  }

  createInput(parts: readonly unknown[], overrides: Record<string, unknown> = {}) {
    const whose = { fleet: "test", node: "user1", subject };
    return { backup: randomUUID(), ...whose, stop: false, repository: this.repository(), sources: parts, ...overrides };
  }

  async create(parts: readonly unknown[], overrides: Record<string, unknown> = {}) {
    return backupCreate.result.parse(await this.perform("backup.create", this.createInput(parts, overrides)));
  }

  restoreInput(parts: readonly unknown[], snapshots: readonly Snapshot[], overrides: Record<string, unknown> = {}) {
    const pairs = parts.map((source, index) => ({ source, snapshot: snapshots[index] }));
    return { backup: "b", node: "user1", subject, repository: this.repository(), parts: pairs, ...overrides };
  }

  async docker(...args: string[]): Promise<string> {
    const { stdout } = await run("docker", [`--host=unix://${this.node.docker.socket}`, ...args]);
    return stdout.trim();
  }

  async sql(query: string, user = "app", database = "app"): Promise<string> {
    return this.docker("exec", "pg", "psql", "-h", "127.0.0.1", "-U", user, "-d", database, "-At", "-c", query);
  }

  /** Runs a shell's command in the instance's container. */
  async inInstance(command: string): Promise<string> {
    return this.docker("exec", subject, "sh", "-c", command);
  }

  async qdrant(method: string, path: string, body?: unknown): Promise<unknown> {
    const data = body === undefined ? [] : ["--data", JSON.stringify(body)];
    const headers = ["--header", `api-key: ${qdrantKey}`, "--header", "content-type: application/json"];
    const url = `http://127.0.0.1:${qdrantPort}${path}`;
    const argv = ["curl", "--silent", "--fail", "--request", method, ...headers, ...data, url];
    return JSON.parse(await runInside(this.node.namespace, argv));
  }

  async objects(...words: string[]): Promise<string> {
    const { accessKey, secretKey } = storeKeys;
    return runInside(this.node.namespace, [
      process.execPath,
      client,
      String(storePort),
      accessKey,
      secretKey,
      ...words,
    ]);
  }

  /** A filesystem of a few MiB, gone with the node. */
  async mountSmall(directory: string): Promise<void> {
    await mkdir(directory);
    await run("mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", directory]);
    this.#mounts.push(directory);
  }

  async stop(): Promise<void> {
    for (const mount of this.#mounts) await run("umount", ["--lazy", mount]);
    await this.node.stop();
  }

  async isRunning(): Promise<boolean> {
    return (await this.docker("inspect", "--format={{.State.Running}}", subject)) === "true";
  }

  /** Containers of tools that are there, and what Docker says of each. */
  async tools(): Promise<string> {
    return this.docker("ps", "--all", "--filter=label=berth.tool", '--format={{.Label "berth.tool"}}: {{.Status}}');
  }
}
