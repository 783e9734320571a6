/** What a drill makes on the node's Docker engine, and takes away again. */
import type { ContainerSpec, InstanceSpec } from "@berth/shared/operations/instance-spec";
import Dockerode from "dockerode";
import { pause, within } from "../deadline.ts";
import { ask, notFound, requestMilliseconds } from "./ask.ts";
import { dockerError, statusOf } from "./errors.ts";
import { filesArchive } from "./files-archive.ts";
import { labels } from "./labels.ts";
import { drillContainer } from "./drill-container.ts";
import { drillNetwork, isDrillName } from "../drill/names.ts";

export interface DrillEngine {
  /** Where Docker keeps volumes, on the node. */
  rootDirectory(): Promise<string>;
  /** From which nothing leads out; the node itself reaches what is on it. */
  createNetwork(): Promise<void>;
  createVolume(name: string): Promise<void>;
  /** Made, not started. Returns its id. */
  createContainer(spec: InstanceSpec, container: ContainerSpec): Promise<string>;
  /** Removes everything that any drill has made here. */
  clear(): Promise<void>;
}

/** It is being removed already, or used by what is. */
const conflict = 409;
const removals = 20;
const removalMilliseconds = 250;

export class DockerodeDrills implements DrillEngine {
  readonly #docker: Dockerode;

  constructor(socketPath: string) {
    this.#docker = new Dockerode({ socketPath });
  }

  async rootDirectory(): Promise<string> {
    const info: { DockerRootDir: string } = await ask("look where Docker keeps volumes", this.#docker.info());
    return info.DockerRootDir;
  }

  async createNetwork(): Promise<void> {
    const options = {
      Name: drillNetwork,
      Driver: "bridge",
      Internal: true,
      CheckDuplicate: true,
      Labels: { [labels.drill]: "" },
    };
    await ask(`create the network ${drillNetwork}`, this.#docker.createNetwork(options));
  }

  async createVolume(name: string): Promise<void> {
    const options = { Name: name, Labels: { [labels.drill]: "" } };
    await ask(`create the volume ${name}`, this.#docker.createVolume(options));
  }

  async createContainer(spec: InstanceSpec, container: ContainerSpec): Promise<string> {
    const { files = [], name } = container;
    const what = `create a container for the drill of ${name}`;
    const created = await ask(what, this.#docker.createContainer(drillContainer(spec, container)));
    if (files.length > 0) await ask(what, created.putArchive(await filesArchive(files), { path: "/" }));
    return created.id;
  }

  async clear(): Promise<void> {
    const filters = { label: [labels.drill] };
    const containers = await ask("list containers", this.#docker.listContainers({ all: true, filters }));
    for (const { Id: id } of containers) {
      await remove("remove a container of a drill", () =>
        this.#docker.getContainer(id).remove({ force: true, v: true }),
      );
    }
    const { Volumes: volumes } = await ask("list volumes", this.#docker.listVolumes());
    for (const { Name: name } of volumes.filter((volume) => isDrillName(volume.Name))) {
      await remove(`remove the volume ${name}`, () => this.#docker.getVolume(name).remove());
    }
    for (const { Id: id } of await ask("list networks", this.#docker.listNetworks({ filters }))) {
      await remove("remove the network of a drill", () => this.#docker.getNetwork(id).remove());
    }
  }
}

/** Docker says `conflict` as long as a removal before this one is under way. */
async function remove(what: string, attempt: () => Promise<unknown>): Promise<void> {
  for (let left = removals; ; left -= 1) {
    try {
      await within(attempt(), requestMilliseconds, `Docker to ${what}`);
      return;
    } catch (error) {
      const status = statusOf(error);
      if (status === notFound) return;
      if (status !== conflict || left === 0) throw dockerError(error, what);
    }
    await pause(removalMilliseconds, new AbortController().signal);
  }
}
