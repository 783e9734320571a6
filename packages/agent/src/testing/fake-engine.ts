/** A Docker engine in memory, for tests of the operations: it keeps the same rules about names, states and ports. */
import { Readable } from "node:stream";
import { tagOf, withoutTag } from "@berth/shared/catalog/version-digest";
import type { ContainerSpec, InstanceSpec } from "@berth/shared/operations/instance-spec";
import { networkOf, restartPolicy } from "../docker/container-options.ts";
import type {
  ContainerDetails,
  ContainerLimits,
  ContainerSummary,
  DockerEvent,
  Engine,
  ExecSession,
  ImageSummary,
} from "../docker/engine.ts";
import { PortKept } from "../docker/errors.ts";
import { containerLabels } from "../docker/fingerprint.ts";
import { labels } from "../docker/labels.ts";
import { EnginePresence } from "../docker/presence.ts";

type Container = ContainerDetails & { hostPorts: number[] };

export class FakeEngine implements Engine {
  readonly presence = new EnginePresence();
  readonly containers = new Map<string, Container>();
  readonly images = new Map<string, string>();
  /** Digests of images by reference. */
  readonly digests = new Map<string, string[]>();
  /** What its registry gives for a reference, by digest. */
  readonly offers = new Map<string, string>();
  /** Names of volumes by instance. */
  readonly volumes = new Map<string, string[]>();
  /** Every change, in order: "create user1-web". */
  readonly changes: string[] = [];
  /** Exit code of health commands by image; 0 when not set. */
  readonly health = new Map<string, number>();
  /** Ports that it keeps for nobody until it is restarted. */
  readonly keptPorts = new Set<number>();
  /** Whether a restart frees them. */
  restartFrees = true;
  /** Called before each change; throws to fail it, or to "kill" the agent there. */
  onChange: (change: string) => void = () => undefined;
  #ids = 0;

  /** The engine has been there all along. */
  constructor() {
    this.presence.onRunning(0);
  }

  async version(): Promise<string> {
    return "20.10.24";
  }

  async restart(): Promise<boolean> {
    // As the real one: not again so soon.
    if (this.changes.includes("restart the engine")) return false;
    this.#change("restart the engine");
    if (this.restartFrees) this.keptPorts.clear();
    this.presence.onUnreachable();
    this.presence.onRunning(0);
    return true;
  }

  async listContainers(
    filter: { instance?: string; onlyBerth?: boolean; onlyRunning?: boolean } = {},
  ): Promise<ContainerSummary[]> {
    return [...this.containers.values()].filter((container) => {
      const instance = container.labels[labels.instance];
      if (filter.instance !== undefined && instance !== filter.instance) return false;
      if (filter.onlyBerth === true && instance === undefined) return false;
      return filter.onlyRunning !== true || container.state === "running";
    });
  }

  async inspectContainer(id: string): Promise<ContainerDetails | null> {
    const found = this.containers.get(id) ?? [...this.containers.values()].find(({ name }) => name === id);
    return found === undefined ? null : { ...found };
  }

  async createContainer(spec: InstanceSpec, container: ContainerSpec, name: string): Promise<string> {
    this.#change(`create ${name}`);
    if ([...this.containers.values()].some((other) => other.name === name)) throw new Error(`${name} is taken`);
    const imageId = this.images.get(container.image);
    if (imageId === undefined) throw new Error(`no such image ${container.image}`);
    this.#ids += 1;
    const id = `id-${this.#ids}`;
    this.containers.set(id, {
      id,
      name,
      image: container.image,
      imageId,
      state: "created",
      labels: containerLabels(spec, container),
      paused: false,
      pid: 0,
      exitCode: 0,
      outOfMemory: false,
      startedAt: null,
      restarts: 0,
      memoryBytes: container.memoryBytes,
      cpus: container.cpus ?? null,
      restartPolicy,
      networks: [networkOf(spec)],
      address: null,
      hostPorts: container.ports.map(({ host }) => host),
    });
    const names = container.volumes.map(({ volume }) => `${spec.instance}-${volume}`);
    this.volumes.set(spec.instance, [...new Set([...(this.volumes.get(spec.instance) ?? []), ...names])]);
    return id;
  }

  async startContainer(id: string): Promise<void> {
    const container = this.#get(id);
    if (container.state === "running") return;
    this.#change(`start ${container.name}`);
    const holder = [...this.containers.values()].find((other) => {
      return other.state === "running" && other.hostPorts.some((port) => container.hostPorts.includes(port));
    });
    if (holder !== undefined) throw new PortKept(`port is already allocated by ${holder.name}`);
    if (container.hostPorts.some((port) => this.keptPorts.has(port))) throw new PortKept("port is already allocated");
    Object.assign(container, { state: "running", pid: 1, address: "127.0.0.1", startedAt: "2026-11-24T00:00:00Z" });
  }

  async stopContainer(id: string): Promise<void> {
    const container = this.containers.get(id);
    if (container?.state !== "running") return;
    this.#change(`stop ${container.name}`);
    Object.assign(container, { state: "exited", pid: 0, address: null });
  }

  async unpauseContainer(id: string): Promise<void> {
    this.#change(`unpause ${this.#get(id).name}`);
    Object.assign(this.#get(id), { paused: false, state: "running" });
  }

  async renameContainer(id: string, name: string): Promise<void> {
    this.#change(`rename ${this.#get(id).name} ${name}`);
    if ([...this.containers.values()].some((other) => other.name === name)) throw new Error(`${name} is taken`);
    this.#get(id).name = name;
  }

  async updateContainer(id: string, { memoryBytes, cpus }: ContainerLimits): Promise<void> {
    this.#change(`update ${this.#get(id).name}`);
    Object.assign(this.#get(id), { memoryBytes, cpus: cpus ?? null, restartPolicy });
  }

  async removeContainer(id: string): Promise<void> {
    const container = this.containers.get(id);
    if (container === undefined) return;
    this.#change(`remove ${container.name}`);
    this.containers.delete(id);
  }

  async imageId(reference: string): Promise<string | null> {
    return this.images.get(reference) ?? null;
  }

  async imageDigests(reference: string): Promise<string[]> {
    return this.digests.get(reference) ?? [];
  }

  async listImages(): Promise<ImageSummary[]> {
    return [...this.images].map(([tag, id]) => {
      const digests = (this.digests.get(tag) ?? []).map((digest) => `${withoutTag(tagOf(tag))}@${digest}`);
      return { id, tags: tag.includes("@") ? [] : [tag], digests };
    });
  }

  pullImage: Engine["pullImage"] = async (reference) => {
    this.#change(`pull ${reference}`);
    this.images.set(reference, `sha256:${reference}`);
    const offered = this.offers.get(reference);
    if (offered !== undefined) this.digests.set(reference, [offered]);
  };

  async removeVolumes(instance: string): Promise<string[]> {
    const names = this.volumes.get(instance) ?? [];
    for (const name of names) this.#change(`remove volume ${name}`);
    this.volumes.delete(instance);
    return names;
  }

  async ensureNetwork(name: string): Promise<void> {
    this.#change(`network ${name}`);
  }

  async events(): Promise<AsyncIterable<DockerEvent>> {
    return Readable.from([]);
  }

  async logs(): Promise<Readable> {
    const line = Buffer.from("it failed\n");
    const header = Buffer.from([1, 0, 0, 0, 0, 0, 0, line.length]);
    return Readable.from([Buffer.concat([header, line])]);
  }

  async exec(): Promise<ExecSession> {
    throw new Error("not in this test");
  }

  async execExitCode(id: string): Promise<number> {
    return this.health.get(this.#get(id).image) ?? 0;
  }

  /** Name and state of every container, in the order of their names. */
  get states(): string[] {
    return [...this.containers.values()].map(({ name, state }) => `${name} ${state}`).toSorted();
  }

  #change(change: string): void {
    this.onChange(change);
    this.changes.push(change);
  }

  #get(id: string): Container {
    const container = this.containers.get(id);
    if (container === undefined) throw new Error(`no such container ${id}`);
    return container;
  }
}
