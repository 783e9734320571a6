/** Pure: what has to be done so that a host runs the agent, from what it is and what is wanted. */
import { BerthError } from "@berth/shared/errors";
import { formatSize } from "@berth/shared/fleet/units";
import type { Probe } from "./probe.ts";

export interface WantedAgent {
  node: string;
  /** Version of Node, `v24.21.0`. */
  runtime: string;
  /** SHA-256 of the agent. */
  bundle: string;
  /** SHA-256 of the units' text. */
  unit: string;
  /** SHA-256 of the controller's CA certificate. */
  caFingerprint: string;
  /** Seconds since 1970, by the controller's clock. */
  clock: number;
}

export type InstallStep =
  | "install-docker"
  | "install-nftables"
  | "start-docker"
  | "runtime"
  | "bundle"
  | "unit"
  | "enrol"
  | "restart";

export interface InstallPlan {
  /** In this order; empty when the host has all that is wanted and its agent runs. */
  steps: InstallStep[];
  /** A sentence each, for the log. */
  warnings: string[];
}

/** What they bring, the agent uses; it need not be started again for it. */
const hostSteps: ReadonlySet<InstallStep> = new Set(["install-docker", "install-nftables", "start-docker"]);
const neededKilobytes: Partial<Record<InstallStep, number>> = {
  "install-docker": 600 * 1024,
  runtime: 300 * 1024,
  bundle: 20 * 1024,
};
const toleratedClockSeconds = 60;

/** @throws BerthError host.unsupported, conflict, disk.full: before anything is touched. */
export function planInstall(probe: Probe, wanted: WantedAgent, place: string): InstallPlan {
  refuseHost(probe, wanted, place);
  const steps: InstallStep[] = [];
  if (probe.docker === "absent") steps.push("install-docker");
  if (probe.nftables === "absent") steps.push("install-nftables");
  if (probe.docker !== "running") steps.push("start-docker");
  if (probe.runtime !== wanted.runtime) steps.push("runtime");
  if (probe.bundle !== wanted.bundle) steps.push("bundle");
  if (probe.unit !== wanted.unit) steps.push("unit");
  if (probe.enrolled_node === null) steps.push("enrol");
  const changed = steps.some((step) => !hostSteps.has(step));
  if (changed || probe.service !== "active") steps.push("restart");
  refuseFullDisk(probe, steps, place);
  return { steps, warnings: clockWarnings(probe, wanted, place) };
}

type WantedOwner = Pick<WantedAgent, "node" | "caFingerprint">;

/** @throws BerthError host.unsupported, or conflict when it is somebody else's node. */
export function refuseHost(probe: Probe, wanted: WantedOwner, place: string): void {
  if (probe.refusal !== null) {
    throw new BerthError("host.unsupported", `${place} cannot be node ${wanted.node}. ${probe.refusal}`);
  }
  refuseOtherOwner(probe, wanted, place);
}

function refuseOtherOwner(probe: Probe, wanted: WantedOwner, place: string): void {
  if (probe.enrolled_node === null) return;
  const hint =
    "If it is to change hands, remove its agent first: berth node remove, or the install script with --uninstall on the host.";
  if (probe.enrolled_ca !== wanted.caFingerprint) {
    throw new BerthError(
      "conflict",
      `${place} has the agent of another controller, as its node ${probe.enrolled_node}`,
      {
        hint,
      },
    );
  }
  if (probe.enrolled_node !== wanted.node) {
    throw new BerthError("conflict", `${place} is node ${probe.enrolled_node} already, not ${wanted.node}`, { hint });
  }
}

function refuseFullDisk(probe: Probe, steps: InstallStep[], place: string): void {
  const needed = steps.reduce((sum, step) => sum + (neededKilobytes[step] ?? 0), 0);
  if (probe.free_kilobytes >= needed) return;
  throw new BerthError(
    "disk.full",
    `${place} has ${formatSize(Math.floor(probe.free_kilobytes / 1024) * 1024 ** 2)} free under /opt, and the agent needs ${formatSize(needed * 1024)}`,
    { hint: "Free some space there, or give the node a larger disk." },
  );
}

function clockWarnings(probe: Probe, wanted: WantedAgent, place: string): string[] {
  const difference = probe.clock - wanted.clock;
  if (Math.abs(difference) <= toleratedClockSeconds) return [];
  const direction = difference > 0 ? "ahead of" : "behind";
  return [
    `The clock of ${place} is ${Math.abs(difference)} s ${direction} the controller's; set it right, certificates depend on it`,
  ];
}
