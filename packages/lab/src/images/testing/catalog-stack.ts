/** Services of Berth's catalog as containers of one engine: what a node's agent makes of them, for tests of the images. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { catalog } from "@berth/shared/catalog/index";
import { placeholdersIn } from "@berth/shared/catalog/placeholders";
import type { Part, Service } from "@berth/shared/catalog/schema";
import { SignJWT } from "jose";
import { runCommand } from "../../host/command.ts";
import { waitFor } from "../../host/wait.ts";
import type { Engine } from "../../registry/testing/engine.ts";
import { parseReference } from "../reference.ts";

const healthyDeadlineMs = 120_000;
const network = "berth";

export interface StackOptions {
  engine: Engine;
  /** HOST:PORT. */
  registry: string;
  /** Of the node that they are all on. */
  address: string;
  /** By image: what the lab has in place of the catalog's version. */
  tags?: Readonly<Record<string, string>>;
}

/** What a placeholder stands for where it is nothing of the catalog's own. */
export type Values = Readonly<Record<string, string>>;

export class CatalogStack {
  readonly #options: StackOptions;
  readonly #secrets = new Map<string, string>();

  constructor(options: StackOptions) {
    this.#options = options;
  }

  async prepare(): Promise<void> {
    await this.#options.engine.docker("network", "create", network);
  }

  secret(service: string, name: string): string {
    const value = this.#secrets.get(`${service}/${name}`);
    if (value === undefined) throw new Error(`${service} has no secret '${name}' yet`);
    return value;
  }

  /** Starts a service's containers in their order, each once the one before is healthy. Returns seconds by container. */
  async start(name: string, values: Values = {}): Promise<Record<string, number>> {
    const service = catalog.get(name);
    if (service === undefined) throw new Error(`The catalog has no ${name}`);
    await this.#makeSecrets(service);
    const before = service.parts.filter(({ starts }) => starts === "before");
    const after = service.parts.filter(({ starts }) => starts === "after");
    const seconds: Record<string, number> = {};
    for (const container of [...before, service, ...after]) {
      const containerName = container === service ? name : `${name}-${container.name}`;
      const begin = performance.now();
      await this.#run(containerName, container, service, values);
      seconds[containerName] = Math.round((performance.now() - begin) / 100) / 10;
    }
    return seconds;
  }

  async #makeSecrets({ name, secrets }: Service): Promise<void> {
    for (const [key, rule] of Object.entries(secrets)) {
      if ("token" in rule) continue;
      this.#secrets.set(
        `${name}/${key}`,
        (rule.alphabet === "hex" ? "a1" : "Zz").repeat(rule.length).slice(0, rule.length),
      );
    }
    for (const [key, rule] of Object.entries(secrets)) {
      if (!("token" in rule)) continue;
      const signing = new TextEncoder().encode(this.secret(name, rule.token.signedWith));
      const token = new SignJWT({ ...rule.token.claims }).setProtectedHeader({ alg: "HS256", typ: "JWT" });
      this.#secrets.set(`${name}/${key}`, await token.sign(signing));
    }
  }

  async #run(name: string, container: Service | Part, service: Service, values: Values): Promise<void> {
    const { engine, registry, tags = {} } = this.#options;
    const { repository, tag } = parseReference(`${container.image}:${tags[container.image] ?? container.version}`);
    const uses = container === service ? service.uses.filter((use) => use.service !== undefined) : [];
    const env = Object.assign({}, container.env, ...uses.map((use) => use.env));
    const resolve = (text: string): string => this.#resolve(text, service, values);
    await engine.docker(
      "create",
      ...[`--name=${name}`, `--network=${network}`, `--memory=${container.memory}`],
      ...container.ports.map(({ container: inside, host }) => `--publish=${host}:${inside}`),
      ...container.volumes.map((volume) => `--volume=${service.name}-${volume.name}:${volume.path}`),
      ...Object.entries<string>(env).map(([key, value]) => `--env=${key}=${resolve(value)}`),
      `${registry}/${repository.slice(repository.indexOf("/") + 1)}:${tag}`,
      ...(container.command ?? []).map(resolve),
    );
    const files = container.files.map(({ path, content }) => ({ path, content: resolve(content) }));
    if (files.length > 0) await this.#copy(name, files);
    await engine.docker("start", name);
    await waitFor({
      what: `${name}'s health`,
      deadlineMs: healthyDeadlineMs,
      intervalMs: 200,
      check: async () => {
        if ((await engine.docker("inspect", "--format={{.State.Running}}", name)) !== "true") {
          throw new Error(`${name} has ended: ${(await engine.try("logs", "--tail=20", name)).stderr}`);
        }
        return (await this.#isHealthy(name, container)) ? true : undefined;
      },
    });
  }

  async #isHealthy(name: string, { health }: Service | Part): Promise<boolean> {
    const { engine } = this.#options;
    if (health.http !== undefined) {
      const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
      const address = await engine.docker("inspect", `--format=${format}`, name);
      return (await engine.status(`http://${address}:${health.http.port}${health.http.path}`)) === 200;
    }
    return (await engine.try("exec", name, ...(health.command ?? []))).exitCode === 0;
  }

  /** As the agent does: files alone, so that directories that are there keep their owners. */
  async #copy(name: string, files: readonly { path: string; content: string }[]): Promise<void> {
    const directory = await mkdtemp(join(tmpdir(), "berth-file-"));
    try {
      for (const { path, content } of files) {
        await mkdir(dirname(join(directory, path)), { recursive: true });
        await writeFile(join(directory, path), content, { mode: 0o644 });
      }
      const paths = files.map(({ path }) => path.slice(1));
      const archive = await runCommand([
        "tar",
        "--create",
        "--owner=0",
        "--group=0",
        `--directory=${directory}`,
        ...paths,
      ]);
      await this.#options.engine.unpack(name, archive);
    } finally {
      await rm(directory, { recursive: true });
    }
  }

  #resolve(text: string, service: Service, values: Values): string {
    let resolved = text;
    for (const { expression, scope, path } of placeholdersIn(text)) {
      resolved = resolved.replaceAll(`\${${expression}}`, this.#valueOf(expression, scope, path, service, values));
    }
    return resolved;
  }

  #valueOf(
    expression: string,
    scope: string,
    [first = "", second, third]: string[],
    service: Service,
    values: Values,
  ): string {
    const { address } = this.#options;
    const given = values[expression];
    if (given !== undefined) return given;
    if (scope === "secret") return this.secret(service.name, first);
    if (scope === "part") return `${service.name}-${first}`;
    if (scope === "main") return service.name;
    if (scope === "node") return address;
    if (scope === "route")
      return first === "host" ? `${service.name}.example.org` : `https://${service.name}.example.org`;
    const port = portOf(first, second === "port" ? third : undefined);
    if (scope === "service" && second === "address") return address;
    if (scope === "service" && second === "port") return String(port);
    if (scope === "service" && second === "url") return `http://${address}:${port}`;
    if (scope === "service" && second === "secret") return this.secret(first, third ?? "");
    throw new Error(`The test has no value for \${${expression}}`);
  }
}

function portOf(service: string, name: string | undefined): number | undefined {
  const ports = catalog.get(service)?.ports ?? [];
  return (name === undefined ? ports[0] : ports.find((port) => port.name === name))?.host;
}
