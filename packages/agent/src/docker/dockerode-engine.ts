/** The real Docker engine, over its Unix socket. Every request has a deadline; the long ones have a signal. */
import { Agent } from "node:http";
import { Readable } from "node:stream";
import type { ContainerSpec, InstanceSpec } from "@berth/shared/operations/instance-spec";
import Dockerode from "dockerode";
import { ask, askFor, notFound, requestMilliseconds } from "./ask.ts";
import { containerOptions, nanoCpus, restartPolicy } from "./container-options.ts";
import { detailsOf, imageOf, summaryOf } from "./containers.ts";
import type {
  ContainerDetails,
  ContainerLimits,
  ContainerSummary,
  DockerEvent,
  Engine,
  ExecSession,
  ImageSummary,
  LogOptions,
  PullProgress,
  TerminalSize,
} from "./engine.ts";
import { lines, parseEvent, watchedActions } from "./events.ts";
import { startExec } from "./exec.ts";
import { filesArchive } from "./files-archive.ts";
import { containerLabels } from "./fingerprint.ts";
import { labels } from "./labels.ts";
import { openLog } from "./log.ts";
import { EnginePresence } from "./presence.ts";
import { PullTracker, pullError } from "./pull.ts";
import { EngineRestart } from "./restart.ts";

/** No service of the catalog is given longer. */
const longestStopSeconds = 600;
const notModified = 304;

export class DockerodeEngine implements Engine {
  readonly presence = new EnginePresence();
  readonly #docker: Dockerode;
  /** With a connection for each request: an engine that is stopping still answers on those it has, and takes no new one. */
  readonly #anew: Dockerode;
  readonly #restart = new EngineRestart();
  /** By name, under way: older engines make two of one name for those who ask at the same moment. */
  readonly #networks = new Map<string, Promise<void>>();

  constructor(socketPath: string) {
    this.#docker = new Dockerode({ socketPath });
    // docker-modem takes an agent; its types do not say so.
    const anew = { socketPath, agent: new Agent({ keepAlive: false }) };
    this.#anew = new Dockerode(anew);
  }

  async version(): Promise<string> {
    const { Version: version } = await ask("ask for its version", this.#anew.version());
    return version;
  }

  restart(): Promise<boolean> {
    return this.#restart.run();
  }

  async listContainers(
    filter: { instance?: string; onlyBerth?: boolean; onlyRunning?: boolean } = {},
  ): Promise<ContainerSummary[]> {
    const label =
      filter.instance !== undefined
        ? [`${labels.instance}=${filter.instance}`]
        : filter.onlyBerth
          ? [labels.instance]
          : undefined;
    const options = { all: !filter.onlyRunning, ...(label === undefined ? {} : { filters: { label } }) };
    return (await ask("list containers", this.#docker.listContainers(options))).map(summaryOf);
  }

  async inspectContainer(id: string): Promise<ContainerDetails | null> {
    const info = await askFor(`inspect ${id}`, this.#docker.getContainer(id).inspect());
    return info === null ? null : detailsOf(info);
  }

  async createContainer(spec: InstanceSpec, container: ContainerSpec, name: string): Promise<string> {
    const options = { name, Labels: containerLabels(spec, container), ...containerOptions(spec, container) };
    const created = await ask(`create the container ${name}`, this.#docker.createContainer(options));
    await this.#putFiles(created.id, name, container.files ?? []);
    return created.id;
  }

  /** A container without its files must not be mistaken for one that is whole. */
  async #putFiles(id: string, name: string, files: NonNullable<ContainerSpec["files"]>): Promise<void> {
    if (files.length === 0) return;
    try {
      const put = this.#docker.getContainer(id).putArchive(await filesArchive(files), { path: "/" });
      await ask(`put files into the container ${name}`, put);
    } catch (error) {
      await this.removeContainer(id);
      throw error;
    }
  }

  async startContainer(id: string): Promise<void> {
    await askFor(`start the container ${id}`, this.#docker.getContainer(id).start(), [notModified]);
  }

  async stopContainer(id: string, timeoutSeconds: number | null): Promise<void> {
    const options = timeoutSeconds === null ? {} : { t: timeoutSeconds };
    const milliseconds = (timeoutSeconds ?? longestStopSeconds) * 1000 + requestMilliseconds;
    const stopping = this.#docker.getContainer(id).stop(options);
    await askFor(`stop the container ${id}`, stopping, [notModified, notFound], milliseconds);
  }

  async unpauseContainer(id: string): Promise<void> {
    await ask(`unpause the container ${id}`, this.#docker.getContainer(id).unpause());
  }

  async renameContainer(id: string, name: string): Promise<void> {
    await ask(`rename the container ${id} to ${name}`, this.#docker.getContainer(id).rename({ name }));
  }

  async updateContainer(id: string, limits: ContainerLimits): Promise<void> {
    const options = {
      Memory: limits.memoryBytes,
      // As Docker sets it for a container made with a memory limit alone.
      MemorySwap: limits.memoryBytes * 2,
      NanoCpus: limits.cpus === undefined ? 0 : nanoCpus(limits.cpus),
      RestartPolicy: { Name: restartPolicy },
    };
    await ask(`update the container ${id}`, this.#docker.getContainer(id).update(options));
  }

  async removeContainer(id: string): Promise<void> {
    await askFor(`remove the container ${id}`, this.#docker.getContainer(id).remove({ force: true }));
  }

  async imageId(reference: string): Promise<string | null> {
    const info = await askFor(`inspect the image ${reference}`, this.#docker.getImage(reference).inspect());
    return info?.Id ?? null;
  }

  async imageDigests(reference: string): Promise<string[]> {
    const info = await askFor(`inspect the image ${reference}`, this.#docker.getImage(reference).inspect());
    return (info?.RepoDigests ?? []).map((digest) => digest.slice(digest.indexOf("@") + 1));
  }

  async listImages(): Promise<ImageSummary[]> {
    return (await ask("list images", this.#docker.listImages())).map(imageOf);
  }

  async pullImage(reference: string, onProgress: (progress: PullProgress) => void, signal: AbortSignal): Promise<void> {
    const tracker = new PullTracker(reference, onProgress);
    try {
      const stream = await this.#docker.pull(reference, { abortSignal: signal });
      for await (const line of lines(stream)) tracker.receive(line);
      tracker.end();
    } catch (error) {
      signal.throwIfAborted();
      throw pullError(reference, error);
    }
  }

  async removeVolumes(instance: string): Promise<string[]> {
    const filters = { label: [`${labels.instance}=${instance}`] };
    const { Volumes: volumes } = await ask("list volumes", this.#docker.listVolumes({ filters }));
    const names = volumes.map((volume) => volume.Name);
    for (const name of names) {
      await askFor(`remove the volume ${name}`, this.#docker.getVolume(name).remove());
    }
    return names;
  }

  async ensureNetwork(name: string): Promise<void> {
    const making = this.#networks.get(name) ?? this.#makeNetwork(name).finally(() => this.#networks.delete(name));
    this.#networks.set(name, making);
    await making;
  }

  async #makeNetwork(name: string): Promise<void> {
    const found = await askFor(`inspect the network ${name}`, this.#docker.getNetwork(name).inspect());
    if (found !== null) return;
    const options = { Name: name, Driver: "bridge", CheckDuplicate: true };
    await ask(`create the network ${name}`, this.#docker.createNetwork(options));
  }

  async events(signal: AbortSignal): Promise<AsyncIterable<DockerEvent>> {
    const filters = { type: ["container" as const], event: watchedActions };
    const stream = await ask("follow events", this.#docker.getEvents({ filters, abortSignal: signal }));
    return parsedEvents(stream);
  }

  async logs(id: string, options: LogOptions): Promise<Readable> {
    return ask("read logs", openLog(this.#docker, id, options));
  }

  async exec(id: string, command: readonly string[], tty: TerminalSize | null): Promise<ExecSession> {
    return startExec(this.#docker, id, command, tty);
  }

  async execExitCode(id: string, command: readonly string[], signal: AbortSignal): Promise<number> {
    const exec = await this.#docker
      .getContainer(id)
      .exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true, abortSignal: signal });
    const stream = await exec.start({ hijack: false, stdin: false, abortSignal: signal });
    for await (const chunk of stream) void chunk;
    return (await exec.inspect()).ExitCode ?? -1;
  }
}

async function* parsedEvents(stream: NodeJS.ReadableStream): AsyncGenerator<DockerEvent> {
  for await (const line of lines(stream)) yield parseEvent(line);
}
