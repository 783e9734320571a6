/** Standbys on the node's Docker engine; what becomes of a container that is there is the engine's. */
import type { ContainerSpec, InstanceSpec } from "@berth/shared/operations/instance-spec";
import Dockerode from "dockerode";
import { ask } from "./ask.ts";
import { filesArchive } from "./files-archive.ts";
import { labels } from "./labels.ts";
import { standbyContainer } from "./standby-container.ts";

export interface StandbyContainer {
  id: string;
  instance: string;
  isRunning: boolean;
  /** Of the container, and of the node. */
  ports: readonly { container: number; host: number }[];
}

export interface StandbyEngine {
  /** Made, not started. Returns its id. */
  create(spec: InstanceSpec, container: ContainerSpec): Promise<string>;
  /** All there are. */
  list(): Promise<StandbyContainer[]>;
}

export class DockerodeStandbys implements StandbyEngine {
  readonly #docker: Dockerode;

  constructor(socketPath: string) {
    this.#docker = new Dockerode({ socketPath });
  }

  async create(spec: InstanceSpec, container: ContainerSpec): Promise<string> {
    const { files = [], name } = container;
    const what = `create a standby of ${name}`;
    const created = await ask(what, this.#docker.createContainer(standbyContainer(spec, container)));
    if (files.length > 0) await ask(what, created.putArchive(await filesArchive(files), { path: "/" }));
    return created.id;
  }

  async list(): Promise<StandbyContainer[]> {
    const filters = { label: [labels.standby] };
    const found = await ask("list containers", this.#docker.listContainers({ all: true, filters }));
    return found.map(({ Id: id, Labels: present, State: state, Ports: ports }) => ({
      id,
      instance: present[labels.standby] ?? "",
      isRunning: state === "running",
      ports: ports.flatMap(({ PrivatePort: container, PublicPort: host }) => (host ? [{ container, host }] : [])),
    }));
  }
}
