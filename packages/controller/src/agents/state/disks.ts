/** What nodes told last of their disks. In memory alone: an agent tells it anew when it connects, and each minute. */
import type { FileSystem, VolumeSize } from "@berth/shared/protocol/disks";

export interface KnownDisks {
  node: string;
  /** When the file systems came, by the controller's clock; null: not yet. */
  readAt: number | null;
  fileSystems: readonly FileSystem[];
  /** Times by the controller's clock. */
  volumes: readonly VolumeSize[];
}

export class Disks {
  readonly #nodes = new Map<string, KnownDisks>();

  /** Of every node that told something, or of one. */
  list(node?: string): KnownDisks[] {
    if (node === undefined) return [...this.#nodes.values()];
    const known = this.#nodes.get(node);
    return known === undefined ? [] : [known];
  }

  takeFileSystems(node: string, fileSystems: readonly FileSystem[], now: number): KnownDisks {
    return this.#set({ ...this.#of(node), readAt: now, fileSystems });
  }

  /** `clockSkewMilliseconds`: the node's clock minus the controller's. */
  takeVolumes(node: string, volumes: readonly VolumeSize[], clockSkewMilliseconds: number): void {
    const here = (moment: number | null) => (moment === null ? null : moment - clockSkewMilliseconds);
    const told = volumes.map((volume) => ({ ...volume, measuredAt: here(volume.measuredAt) }));
    this.#set({ ...this.#of(node), volumes: told });
  }

  forget(node: string): void {
    this.#nodes.delete(node);
  }

  #of(node: string): KnownDisks {
    return this.#nodes.get(node) ?? { node, readAt: null, fileSystems: [], volumes: [] };
  }

  #set(disks: KnownDisks): KnownDisks {
    this.#nodes.set(disks.node, disks);
    return disks;
  }
}
