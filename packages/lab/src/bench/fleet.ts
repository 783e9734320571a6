/** The lab in which benchmarks are measured: made when the first one asks for it, kept for the others. */
import { postApply } from "@berth/shared/api/fleet";
import { runSchema, type Run } from "@berth/shared/api/runs";
import { statusSchema, type Status } from "@berth/shared/api/status";
import { BerthError } from "@berth/shared/errors";
import { planSchema } from "@berth/shared/operations/plan";
import type * as z from "zod";
import { type AttachedGuest, attachGuest } from "../containers/attach.ts";
import { runBerth } from "../demo/cli.ts";
import { fleetLabDown, type FleetLab, fleetLabUp } from "../demo/fleet-lab.ts";
import { waitFor } from "../host/wait.ts";
import type { Lab } from "../state.ts";

const labName = "bench";
const applyDeadlineMs = 900_000;
const appliedSchema = planSchema.extend({ run: runSchema.nullable() });

export type Say = (line: string) => void;
export type Applied = z.output<typeof postApply.response>;

export interface Bench {
  /** Makes the lab on the first call. */
  fleet: () => Promise<BenchFleet>;
  /** The fleet file that is applied again and again. */
  fleetFile: string;
  say: Say;
}

/** `close` removes the lab if one was made. */
export function openBench(fleetFile: string, say: Say): Bench & { close: () => Promise<void> } {
  let fleet: Promise<BenchFleet> | undefined;
  const onProgress = ({ part, tookMs }: { part: string; tookMs?: number }): void => {
    if (tookMs !== undefined && tookMs >= 1000) say(`lab: ${part} took ${seconds(tookMs)}`);
  };
  return {
    fleetFile,
    say,
    fleet: () => (fleet ??= fleetLabUp({ name: labName, pagePort: null, onProgress }).then((up) => new BenchFleet(up))),
    close: async () => {
      if (fleet !== undefined) await fleetLabDown({ name: labName, onProgress });
    },
  };
}

export class BenchFleet {
  readonly lab: Lab;
  readonly socket: string;

  constructor({ lab, controller }: FleetLab) {
    this.lab = lab;
    this.socket = controller.socket;
  }

  /** What a command of Berth's prints; it must end with 0. */
  async berth(parameters: readonly string[], input?: string): Promise<string> {
    const { exitCode, stdout, stderr } = await runBerth(this.socket, parameters, {
      timeout: applyDeadlineMs,
      ...(input === undefined ? { stdin: "ignore" } : { input }),
    });
    if (exitCode !== 0) throw new BerthError("lab.failed", `berth ${parameters.join(" ")}: ${stderr}`);
    return stdout;
  }

  /** Applies a fleet file and waits for its run, which must succeed; null: nothing was to be done. */
  async apply(yaml: string, ...options: string[]): Promise<Run | null> {
    return appliedSchema.parse(JSON.parse(await this.berth(["apply", "-", "--yes", "--json", ...options], yaml))).run;
  }

  async status(): Promise<Status> {
    return statusSchema.parse(JSON.parse(await this.berth(["status", "--json"])));
  }

  async waitOnline(node: string): Promise<void> {
    await waitFor({
      what: `The agent of ${node}`,
      deadlineMs: 60_000,
      intervalMs: 500,
      check: async () =>
        (await this.status()).nodes.some(({ name, state }) => name === node && state === "online") ? true : undefined,
    });
  }

  guest(address: string): Promise<AttachedGuest> {
    return attachGuest(this.lab, address);
  }
}

/** "12.3 s" */
export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toPrecision(3)} s`;
}
