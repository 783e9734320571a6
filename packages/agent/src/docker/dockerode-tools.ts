/** Tools on the real Docker engine. */
import { randomUUID } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { BerthError } from "@berth/shared/errors";
import Dockerode from "dockerode";
import { within } from "../deadline.ts";
import { errorCode } from "../files.ts";
import { ask, askFor, notFound } from "./ask.ts";
import { dockerError, statusOf } from "./errors.ts";
import { filesArchive } from "./files-archive.ts";
import { labels } from "./labels.ts";
import { LastWords } from "./last-words.ts";
import { OutputPipe } from "./output-pipe.ts";
import { toolContainer } from "./tool-container.ts";
import type { ListedVolume, Tool, ToolEngine, ToolSpec, VolumeList } from "./tools.ts";

/** It has ended already. */
const notModified = 304;
/** It does not run, or is being removed already. */
const conflict = 409;
/** Docker lets go of what a program has said two seconds after its end, and tells of the end then. */
const endMilliseconds = 15_000;

export class DockerodeTools implements ToolEngine, VolumeList {
  readonly #docker: Dockerode;
  /** A directory with one for each process of an agent, as the one before this may have left its own. */
  readonly #pipes: string;
  readonly #process = randomUUID();
  /** Names of the containers that this agent works with now. One that it could not remove is left over like any other. */
  readonly #used = new Set<string>();

  /** `pipes`: a directory for what tools write, on the node that Docker runs on. */
  constructor(socketPath: string, pipes: string) {
    this.#docker = new Dockerode({ socketPath });
    this.#pipes = pipes;
  }

  async start(spec: ToolSpec): Promise<Tool> {
    const name = `berth-tool-${randomUUID().slice(0, 13)}`;
    this.#used.add(name);
    const pipe = await OutputPipe.make(join(this.#pipes, this.#process));
    try {
      const options = toolContainer(spec, name, this.#process, pipe.path);
      return await this.#startContainer(options, spec, pipe, () => this.#used.delete(name));
    } catch (error) {
      this.#used.delete(name);
      await pipe.remove();
      throw error;
    }
  }

  async #startContainer(
    options: Dockerode.ContainerCreateOptions,
    spec: ToolSpec,
    pipe: OutputPipe,
    onRemove: () => void,
  ): Promise<DockerodeTool> {
    const container = await ask(`create a container for ${spec.name}`, this.#docker.createContainer(options));
    try {
      if (spec.files.length > 0) {
        const put = container.putArchive(await filesArchive(spec.files), { path: "/" });
        await ask(`put files into the container of ${spec.name}`, put);
      }
      const streams = { stream: true, stdin: true, stdout: false, stderr: true, hijack: true };
      const attached = await ask(`attach to ${spec.name}`, container.attach(streams));
      const stdin = duplex(attached);
      const words = new LastWords(stdin);
      await ask(`start ${spec.name}`, container.start());
      return new DockerodeTool({ container, stdin, words, pipe, name: spec.name, onRemove });
    } catch (error) {
      await removeContainer(container, spec.name);
      throw error;
    }
  }

  async removeLeftovers(): Promise<void> {
    const filters = { label: [labels.tool] };
    const tools = await ask("list containers", this.#docker.listContainers({ all: true, filters }));
    const leftovers = tools.filter(({ Names: names, Labels: present }) => {
      const isUsed = names.some((one) => this.#used.has(one.replace("/", "")));
      return present[labels.process] !== this.#process || !isUsed;
    });
    await Promise.all(
      leftovers.map(async ({ Id: id, Labels: present }) =>
        endContainer(this.#docker.getContainer(id), present[labels.tool] ?? id),
      ),
    );
    const pipes = await readdir(this.#pipes).catch(unlessMissing);
    for (const process of pipes.filter((one) => one !== this.#process)) {
      await rm(join(this.#pipes, process), { recursive: true, force: true });
    }
  }

  async volumeDirectory(volume: string): Promise<string | null> {
    const info = await askFor(`inspect the volume ${volume}`, this.#docker.getVolume(volume).inspect());
    return info?.Mountpoint ?? null;
  }

  async createVolume(volume: string, instance: string | null): Promise<void> {
    const label = instance === null ? { [labels.tool]: "backup" } : { [labels.instance]: instance };
    await ask(`create the volume ${volume}`, this.#docker.createVolume({ Name: volume, Labels: label }));
  }

  async removeVolume(volume: string): Promise<void> {
    await askFor(`remove the volume ${volume}`, this.#docker.getVolume(volume).remove());
  }

  async listVolumes(): Promise<ListedVolume[]> {
    const { Volumes: volumes } = await ask("list volumes", this.#docker.listVolumes());
    return (volumes ?? []).flatMap(listedVolume);
  }
}

interface ToolParts {
  container: Dockerode.Container;
  stdin: Duplex;
  words: LastWords;
  pipe: OutputPipe;
  name: string;
  /** Called once nobody works with it any more, whether it could be removed or not. */
  onRemove: () => void;
}

class DockerodeTool implements Tool {
  readonly stdin: Duplex;
  readonly stdout: AsyncIterable<Buffer>;
  readonly #parts: ToolParts;
  readonly #exit: Promise<number>;

  /** Of a container that was started. */
  constructor(parts: ToolParts) {
    this.#parts = parts;
    this.stdin = parts.stdin;
    this.stdout = parts.pipe.reader;
    this.#exit = this.#wait();
    this.#exit.catch(() => undefined);
  }

  get stderr(): string {
    return this.#parts.words.text;
  }

  async exitCode(): Promise<number> {
    return this.#exit;
  }

  async remove(): Promise<void> {
    const { container, pipe, name, onRemove } = this.#parts;
    try {
      await endContainer(container, name);
    } finally {
      onRemove();
      this.stdin.destroy();
      await pipe.remove();
    }
  }

  async #wait(): Promise<number> {
    const { container, words, pipe, name } = this.#parts;
    try {
      await pipe.removeName();
      const ended = container.wait();
      // Docker's client never answers when the engine dies that has begun to: but then this stream breaks off, too.
      const silent = words.ended.then(() => within(ended, endMilliseconds, `Docker to tell of the end of ${name}`));
      const { StatusCode: code } = await Promise.race([ended, silent]);
      pipe.end();
      await within(words.ended, endMilliseconds, `the last words of ${name}`).catch(() => undefined);
      return code;
    } catch (error) {
      const told = dockerError(error, `wait for ${name}`);
      pipe.end(told);
      throw told;
    }
  }
}

function unlessMissing(error: unknown): string[] {
  if (errorCode(error) === "ENOENT") return [];
  throw error;
}

/** Files of another driver, or of a disk or directory that the volume names, are not below Docker's own. */
function listedVolume({
  Name: name,
  Driver: driver,
  Mountpoint: directory,
  Labels,
  Options,
}: Dockerode.VolumeInspectInfo): ListedVolume[] {
  if (driver !== "local" || Options?.["device"] !== undefined) return [];
  return [{ name, directory, instance: Labels?.[labels.instance] ?? null }];
}

/** dockerode declares less than the socket it hands over. */
function duplex(stream: NodeJS.ReadWriteStream): Duplex {
  if (stream instanceof Duplex) return stream;
  throw new BerthError("internal", "Docker has attached something that is no stream.");
}

/** It is interrupted and ends in order within its grace, as what holds a lock must, or is killed; and is gone then. */
async function endContainer(container: Dockerode.Container, name: string): Promise<void> {
  // Whatever comes of it, the removal ends it all the same, or says why not.
  await askFor(`interrupt ${name}`, container.stop(), [notModified, notFound, conflict]).catch(() => undefined);
  await removeContainer(container, name);
}

/** One that is being removed already, as by a request that was not waited for to its end, is gone when this returns. */
async function removeContainer(container: Dockerode.Container, name: string): Promise<void> {
  const what = `remove the container of ${name}`;
  const removal = container.remove({ force: true, v: true }).catch(async (error: unknown) => {
    if (statusOf(error) !== conflict) throw error;
    return container.wait({ condition: "removed" });
  });
  await askFor(what, removal);
}
