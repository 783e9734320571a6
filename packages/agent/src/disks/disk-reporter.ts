/** Tells the controller what is on the node's disks, while one is there that knows what to do with it. */
import type { AgentMessage } from "@berth/shared/protocol/messages";
import { knows, type ProtocolVersion } from "@berth/shared/protocol/version";
import type { DockerEvent } from "../docker/engine.ts";
import type { Log } from "../log.ts";
import { hostFiles } from "../volumes/files.ts";
import { FileSystems } from "./file-systems.ts";
import { restMilliseconds, VolumeSizes, type VolumeSizesDependencies } from "./volume-sizes.ts";

export interface DiskReporterDependencies {
  fileSystems: Pick<FileSystems, "read">;
  volumes: Pick<VolumeSizes, "look" | "report" | "revision">;
  send: (message: AgentMessage) => boolean;
  log: Log;
}

/** With this minor version of the protocol the messages came. */
const since = 3;
const everyMilliseconds = 60_000;
/** After a start, or after containers came or went: others have more to do at that moment. */
const settleMilliseconds = 10_000;
const settledActions = new Set(["start", "destroy"]);

export class DiskReporter {
  readonly #dependencies: DiskReporterDependencies;
  #online: AbortController | undefined;
  #timers: NodeJS.Timeout[] = [];
  #settling: NodeJS.Timeout | undefined;
  #isReading = false;
  /** The last look came to nothing, as while Docker is away. */
  #isOwed = false;
  #toldRevision = 0;
  /** What does not work at the moment, and the log says so already. */
  readonly #failing = new Set<string>();

  constructor(dependencies: DiskReporterDependencies) {
    this.#dependencies = dependencies;
  }

  onOnline(controller: ProtocolVersion): void {
    this.onOffline();
    if (!knows(since, controller)) return;
    this.#online = new AbortController();
    this.#toldRevision = 0;
    this.#tell();
    this.#lookSoon();
    this.#timers = [
      setInterval(() => {
        this.#tell();
        if (this.#isOwed) this.#look();
      }, everyMilliseconds),
      setInterval(() => {
        this.#look();
      }, restMilliseconds),
    ];
  }

  /** Nobody needs it. */
  onOffline(): void {
    this.#online?.abort(new Error("the controller is away"));
    this.#online = undefined;
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
    clearTimeout(this.#settling);
    this.#settling = undefined;
  }

  /** Volumes come and go with containers. */
  onEvent({ action }: Pick<DockerEvent, "action">): void {
    if (settledActions.has(action) && this.#online !== undefined) this.#lookSoon();
  }

  /** Many events are one look. */
  #lookSoon(): void {
    this.#settling ??= setTimeout(() => {
      this.#settling = undefined;
      this.#look();
    }, settleMilliseconds);
  }

  #tell(): void {
    this.#tellVolumes();
    if (this.#isReading) return;
    this.#isReading = true;
    const failure = "the node's file systems could not be read";
    void this.#tellFileSystems()
      .then(() => this.#failing.delete(failure))
      .catch((error: unknown) => {
        this.#warnOnce(failure, error);
      })
      .finally(() => {
        this.#isReading = false;
      });
  }

  async #tellFileSystems(): Promise<void> {
    const fileSystems = await this.#dependencies.fileSystems.read();
    if (this.#online !== undefined) this.#dependencies.send({ type: "filesystems", fileSystems });
  }

  #look(): void {
    const online = this.#online;
    if (online === undefined) return;
    this.#isOwed = false;
    const failure = "volumes could not be looked at";
    void this.#dependencies.volumes
      .look(online.signal)
      .then(() => this.#failing.delete(failure))
      .catch((error: unknown) => {
        if (online.signal.aborted) return;
        this.#isOwed = true;
        this.#warnOnce(failure, error);
      })
      .finally(() => {
        this.#tellVolumes();
      });
  }

  /** Once for as long as it lasts. */
  #warnOnce(failure: string, error: unknown): void {
    if (!this.#failing.has(failure)) this.#dependencies.log.warn({ reason: String(error) }, failure);
    this.#failing.add(failure);
  }

  /** Also in the midst of a look that takes long. */
  #tellVolumes(): void {
    const { volumes, send } = this.#dependencies;
    const { revision } = volumes;
    if (this.#online === undefined || revision === this.#toldRevision) return;
    if (send({ type: "volumes", volumes: volumes.report() })) this.#toldRevision = revision;
  }
}

/** Of the node that the agent is on. */
export function diskReporter({
  volumes,
  send,
  log,
}: Pick<DiskReporterDependencies, "send" | "log"> & Pick<VolumeSizesDependencies, "volumes">): DiskReporter {
  const sizes = new VolumeSizes({ volumes, files: hostFiles, log });
  return new DiskReporter({ fileSystems: new FileSystems(), volumes: sizes, send, log });
}
