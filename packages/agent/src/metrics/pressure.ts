/**
 * Pressure stall information: for which share of the time something of the node had to wait for a resource.
 * https://docs.kernel.org/accounting/psi.html
 */
import { join } from "node:path";
import type { CgroupMounts } from "./cgroup-paths.ts";
import { CounterFile } from "./counter-file.ts";
import { rate, rounded } from "./rate.ts";

const resources = ["cpu", "memory", "io"] as const;
type Resource = (typeof resources)[number];

/** Of the line "some", which is the first. */
const total = Buffer.from(" total=");

export class Pressure {
  /** Shares since the look before; null where nothing tells it, and at the first look. */
  cpu: number | null = null;
  memory: number | null = null;
  io: number | null = null;
  readonly #files: ReadonlyMap<Resource, CounterFile>;
  readonly #before = { at: 0, cpu: Number.NaN, memory: Number.NaN, io: Number.NaN };

  private constructor(files: ReadonlyMap<Resource, CounterFile>) {
    this.#files = files;
  }

  /**
   * Of the node's own control group. /proc/pressure is that of the whole machine: it counts on a host, and tells nothing of
   * an LXC, which version 1 of control groups has none for.
   */
  static open(
    proc: string,
    { version }: Pick<CgroupMounts, "version">,
    group: string | null,
    isLxc: boolean,
  ): Pressure {
    const files = resources.flatMap((resource) => {
      const own = version === 2 && group !== null ? CounterFile.open(join(group, `${resource}.pressure`)) : null;
      const file = own ?? (isLxc ? null : CounterFile.open(join(proc, "pressure", resource)));
      return file === null ? [] : [[resource, file] as const];
    });
    return new Pressure(new Map(files));
  }

  look(milliseconds: number): void {
    const before = this.#before;
    const seconds = (milliseconds - before.at) / 1000;
    for (const [resource, file] of this.#files) {
      const waited = file.readAfter(total);
      const isKnown = !Number.isNaN(waited) && !Number.isNaN(before[resource]);
      this[resource] = isKnown ? Math.min(1, rounded(rate(before[resource], waited, seconds) / 1e6, 4)) : null;
      before[resource] = waited;
    }
    before.at = milliseconds;
  }
}
