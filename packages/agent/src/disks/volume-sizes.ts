/**
 * How much Docker's volumes take, by walking their directories: one after the other, giving way to everything else, and
 * the longer one takes, the less often.
 *
 * Docker's own count (/system/df) walks all volumes, layers and images each time and at full speed, and refuses whoever
 * asks for it meanwhile.
 */
import { instanceNameSchema } from "@berth/shared/names";
import { mostVolumes, type VolumeSize } from "@berth/shared/protocol/disks";
import type { ListedVolume, VolumeList } from "../docker/tools.ts";
import type { Log } from "../log.ts";
import type { VolumeFiles } from "../volumes/files.ts";

export interface VolumeSizesDependencies {
  volumes: VolumeList;
  files: Pick<VolumeFiles, "size">;
  log: Log;
  /** Milliseconds that only go forward. */
  elapsed?: () => number;
}

const minute = 60_000;
export const restMilliseconds = 15 * minute;
const longestRestMilliseconds = 24 * 60 * minute;
/** It rests for so many times as long as it took. */
const restShare = 200;
/** What is not measured by then is tried again, much later. */
const longestMilliseconds = 5 * minute;

interface Known extends VolumeSize {
  directory: string;
  /** When it is to be measured, by `elapsed`. */
  dueAt: number;
}

export class VolumeSizes {
  readonly #dependencies: VolumeSizesDependencies;
  readonly #elapsed: () => number;
  #known = new Map<string, Known>();
  #revision = 0;
  #looking: Promise<void> | undefined;

  constructor(dependencies: VolumeSizesDependencies) {
    this.#dependencies = dependencies;
    this.#elapsed = dependencies.elapsed ?? (() => performance.now());
  }

  /** Another number whenever there is something to tell; 0: there never was. */
  get revision(): number {
    return this.#revision;
  }

  /** The largest first. */
  report(): VolumeSize[] {
    return [...this.#known.values()]
      .toSorted((one, other) => (other.bytes ?? -1) - (one.bytes ?? -1))
      .slice(0, mostVolumes)
      .map(({ name, instance, bytes, measuredAt }) => ({ name, instance, bytes, measuredAt }));
  }

  /** Lists volumes and measures those that are due. One look at a time: who comes meanwhile waits for the same. */
  async look(signal: AbortSignal): Promise<void> {
    this.#looking ??= this.#look(signal).finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #look(signal: AbortSignal): Promise<void> {
    const listed = await this.#dependencies.volumes.listVolumes();
    const former = this.#known;
    this.#known = new Map(listed.map((volume) => [volume.name, this.#of(volume)]));
    // That there are none is to be told, too.
    if (this.#revision === 0 || !isSame(former, this.#known)) this.#revision += 1;
    for (const volume of this.#known.values()) {
      if (volume.dueAt > this.#elapsed()) continue;
      signal.throwIfAborted();
      await this.#measure(volume, signal);
    }
  }

  #of({ name, directory, instance }: ListedVolume): Known {
    const known = this.#known.get(name);
    // A label that anybody wrote on a volume need not be a name.
    const owner = instanceNameSchema.safeParse(instance).data ?? null;
    if (known?.directory === directory) return { ...known, instance: owner };
    return { name, directory, instance: owner, bytes: null, measuredAt: null, dueAt: 0 };
  }

  async #measure(volume: Known, signal: AbortSignal): Promise<void> {
    const { files, log } = this.#dependencies;
    const began = this.#elapsed();
    const limit = AbortSignal.any([signal, AbortSignal.timeout(longestMilliseconds)]);
    try {
      volume.bytes = await files.size(volume.directory, limit, { yielding: true });
      volume.measuredAt = Date.now();
      this.#revision += 1;
    } catch (error) {
      signal.throwIfAborted();
      log.warn({ volume: volume.name, reason: String(error) }, "the volume could not be measured");
    }
    const now = this.#elapsed();
    const rest = Math.max(restMilliseconds, Math.min(longestRestMilliseconds, (now - began) * restShare));
    // A look that comes a moment early counts.
    volume.dueAt = now + rest - minute;
  }
}

/** What is told of volumes, beside what was measured since. */
function isSame(former: ReadonlyMap<string, Known>, known: ReadonlyMap<string, Known>): boolean {
  if (former.size !== known.size) return false;
  return [...known.values()].every(({ name, directory, instance }) => {
    const before = former.get(name);
    return before?.directory === directory && before.instance === instance;
  });
}
