/** Tools on the real Docker engine. */
import { randomUUID } from "node:crypto";
import { Duplex } from "node:stream";
import { BerthError } from "@berth/shared/errors";
import Dockerode from "dockerode";
import { ask, askFor, notFound } from "./ask.ts";
import { dockerError, statusOf } from "./errors.ts";
import { filesArchive } from "./files-archive.ts";
import { labels } from "./labels.ts";
import { toolContainer } from "./tool-container.ts";
import { ToolOutput } from "./tool-output.ts";
import type { ListedVolume, Tool, ToolEngine, ToolSpec, VolumeList } from "./tools.ts";

/** It has ended already. */
const notModified = 304;
/** It does not run, or is being removed already. */
const conflict = 409;

export class DockerodeTools implements ToolEngine, VolumeList {
  readonly #docker: Dockerode;
  readonly #process = randomUUID();
  /** Names of the containers that this agent works with now. One that it could not remove is left over like any other. */
  readonly #used = new Set<string>();

  constructor(socketPath: string) {
    this.#docker = new Dockerode({ socketPath });
  }

  async start(spec: ToolSpec): Promise<Tool> {
    const name = `berth-tool-${randomUUID().slice(0, 13)}`;
    const options = toolContainer(spec, name, this.#process);
    this.#used.add(name);
    try {
      return await this.#startContainer(options, spec, () => this.#used.delete(name));
    } catch (error) {
      this.#used.delete(name);
      throw error;
    }
  }

  async #startContainer(
    options: Dockerode.ContainerCreateOptions,
    spec: ToolSpec,
    onRemove: () => void,
  ): Promise<DockerodeTool> {
    const container = await ask(`create a container for ${spec.name}`, this.#docker.createContainer(options));
    try {
      if (spec.files.length > 0) {
        const put = container.putArchive(await filesArchive(spec.files), { path: "/" });
        await ask(`put files into the container of ${spec.name}`, put);
      }
      const streams = { stream: true, stdin: true, stdout: true, stderr: true, hijack: true };
      const attached = await ask(`attach to ${spec.name}`, container.attach(streams));
      const tool = new DockerodeTool(container, duplex(attached), spec, onRemove);
      await ask(`start ${spec.name}`, container.start());
      return tool;
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

class DockerodeTool implements Tool {
  readonly stdin: Duplex;
  readonly stdout: AsyncIterable<Buffer>;
  readonly #container: Dockerode.Container;
  readonly #spec: ToolSpec;
  readonly #output = new ToolOutput();
  readonly #onRemove: () => void;
  #exit: Promise<number> | undefined;

  /** `onRemove` is called once nobody works with it any more, whether it could be removed or not. */
  constructor(container: Dockerode.Container, attached: Duplex, spec: ToolSpec, onRemove: () => void) {
    this.#container = container;
    this.#spec = spec;
    this.#onRemove = onRemove;
    this.stdin = attached;
    this.stdout = this.#output.stdout(attached);
  }

  get stderr(): string {
    return this.#output.stderr;
  }

  async exitCode(): Promise<number> {
    this.#exit ??= this.#wait();
    return this.#exit;
  }

  async remove(): Promise<void> {
    try {
      await endContainer(this.#container, this.#spec.name);
    } finally {
      this.#onRemove();
      this.stdin.destroy();
    }
  }

  async #wait(): Promise<number> {
    try {
      const { StatusCode: code } = await this.#container.wait();
      return code;
    } catch (error) {
      throw dockerError(error, `wait for ${this.#spec.name}`);
    }
  }
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
  await askFor(`interrupt ${name}`, container.stop(), [notModified, notFound, conflict]);
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
