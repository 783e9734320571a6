/** A real PostgreSQL of the test's own, on loopback, whose clients come from whichever loopback address a test says. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer, Socket, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseNeed } from "@berth/shared/operations/database-ensure";
import { execa } from "execa";
import { Client } from "pg";
import { expect, vi } from "vitest";
import { ensureDatabase, removeDatabase } from "../postgres-ensure.ts";
import { observeDatabases } from "../postgres-observe.ts";
import { PostgresServers, type PostgresServer } from "../postgres-servers.ts";

const superuserPassword = "superuser-of-the-test";
const readyMilliseconds = 20_000;
const asPostgres = ["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"];

export interface LoginRequest {
  user: string;
  database: string;
  password: string;
  /** A replication connection, as walsenders serve it. */
  replication?: "database";
  /** Loopback address that the connection comes from; 127.0.0.1 when left out. */
  from?: string;
}

export class TestPostgres {
  readonly servers = new PostgresServers();
  readonly directory: string;
  readonly server: PostgresServer;
  readonly #binaries: string;
  #process: ChildProcess | undefined;

  private constructor(directory: string, binaries: string, port: number) {
    this.directory = directory;
    this.#binaries = binaries;
    this.server = { address: "127.0.0.1", port, password: superuserPassword };
  }

  static async start(): Promise<TestPostgres> {
    const directory = await mkdtemp(join(tmpdir(), "berth-postgres-"));
    const [version] = await readdir("/usr/lib/postgresql");
    const postgres = new TestPostgres(directory, `/usr/lib/postgresql/${version}/bin`, await freePort());
    await postgres.#initialize();
    await postgres.run();
    return postgres;
  }

  get dataDirectory(): string {
    return join(this.directory, "data");
  }

  async #initialize(): Promise<void> {
    const passwordFile = join(this.directory, "password");
    await writeFile(passwordFile, superuserPassword);
    await execa("chown", ["-R", "postgres", this.directory]);
    const settings = ["-U", "postgres", "-A", "scram-sha-256", `--pwfile=${passwordFile}`, "--no-sync"];
    const initdb = [join(this.#binaries, "initdb"), "-D", this.dataDirectory, ...settings];
    await execa("setpriv", [...asPostgres, ...initdb], { cwd: "/" });
    await writeFile(join(this.dataDirectory, "pg_hba.conf"), "local all all trust\nhost all all all scram-sha-256\n");
  }

  async run(): Promise<void> {
    const options = ["-D", this.dataDirectory, "-p", String(this.server.port), "-h", "127.0.0.1", "-k", this.directory];
    const command = [...asPostgres, join(this.#binaries, "postgres"), ...options];
    this.#process = spawn("setpriv", command, { cwd: "/", stdio: "ignore" });
    await vi.waitFor(
      async () => expect(await this.login(this.superuser({ from: "127.0.0.9" }))).toBe("connected"),
      readyMilliseconds,
    );
  }

  /** `immediate`: as kill -9 does, it has to recover at its next start. */
  async end(how: "fast" | "immediate" = "fast"): Promise<void> {
    if (this.#process?.kill(how === "fast" ? "SIGINT" : "SIGQUIT") === true) await once(this.#process, "exit");
  }

  async remove(): Promise<void> {
    await this.servers.close();
    await this.end();
    await rm(this.directory, { recursive: true, force: true });
  }

  superuser(changes: Partial<LoginRequest> = {}): LoginRequest {
    return { user: "postgres", database: "postgres", password: this.server.password, ...changes };
  }

  async connect({ from = "127.0.0.1", ...who }: LoginRequest): Promise<Client> {
    const client = new Client({
      host: "127.0.0.1",
      port: this.server.port,
      ...who,
      connectionTimeoutMillis: 5000,
      query_timeout: 20_000,
      stream: () => socketFrom(from),
    });
    client.on("error", () => undefined);
    await client.connect();
    return client;
  }

  /** "connected", or what the server said. */
  async login(request: LoginRequest): Promise<string> {
    try {
      await (await this.connect(request)).end();
      return "connected";
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  asSuperuser<T>(work: (client: Client) => Promise<T>, request: Partial<LoginRequest> = {}): Promise<T> {
    return this.as(this.superuser({ from: "127.0.0.9", ...request }), work);
  }

  async as<T>(request: LoginRequest, work: (client: Client) => Promise<T>): Promise<T> {
    const client = await this.connect(request);
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  withDatabase = (database: string, work: (client: Client) => Promise<void>): Promise<void> =>
    this.asSuperuser(work, { database });

  ensure(need: DatabaseNeed, password = passwordOf(need)): Promise<{ created: boolean }> {
    return this.asSuperuser((client) =>
      ensureDatabase(need, { client, password, log: () => undefined, withDatabase: this.withDatabase }),
    );
  }

  drop(need: DatabaseNeed): Promise<{ removed: boolean }> {
    return this.asSuperuser((client) => removeDatabase(need, { client, withDatabase: this.withDatabase }));
  }

  observe(needs: readonly DatabaseNeed[]) {
    return this.asSuperuser((client) => observeDatabases(client, needs, passwordOf));
  }
}

/** As the controller generates it: one per version, told apart by the login. */
export function passwordOf({ role, login }: DatabaseNeed): string {
  return `password of ${login ?? role}`;
}

export function loginOfNeed(need: DatabaseNeed, changes: Partial<LoginRequest> = {}): LoginRequest {
  return { user: need.login ?? need.role, database: need.database, password: passwordOf(need), ...changes };
}

export function databaseNeed(tenant: string, changes: Partial<DatabaseNeed> = {}): DatabaseNeed {
  return {
    server: "shared-postgres",
    instance: `${tenant}-n8n`,
    database: `${tenant}_n8n`,
    role: `${tenant}_n8n`,
    extensions: [],
    clientAddress: "127.0.0.1",
    ...changes,
  };
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

/** pg calls `connect(port, host)` on the socket that it is given. */
function socketFrom(localAddress: string): Socket {
  const socket = new Socket();
  const connect = socket.connect.bind(socket);
  return Object.assign(socket, {
    connect: (port: number, host: string): Socket => connect({ port, host, localAddress }),
  });
}
