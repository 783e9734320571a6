/** Control over tenants for tests: the planner is real, a run is only noted. */
import { readFileSync } from "node:fs";
import type { Run } from "@berth/shared/api/runs";
import { catalog } from "@berth/shared/catalog/index";
import { parseFleet } from "@berth/shared/fleet/parse";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import { Secret } from "@berth/shared/secret";
import type { FleetControl } from "../apply/apply.ts";
import { FleetInvalid } from "../apply/fleet-invalid.ts";
import { desiredState } from "../plan/desired.ts";
import { linkPresent, planFleet, planPart, startAfter } from "../plan/plan.ts";
import { desiredOptions, emptyWorld, performAll } from "../plan/test-fixtures.ts";
import type { Observed } from "../plan/observed.ts";
import { keptTenants } from "./kept.ts";
import { withEveryService } from "./removal.ts";
import { createTenantControl, type TenantControl } from "./tenant-control.ts";
import type { UnfinishedRemoval } from "./unfinished-removal.ts";

export const example = readFileSync(new URL("../../../../examples/valuechain/fleet.yaml", import.meta.url), "utf8");

export function parsed(text: string): Fleet {
  const { fleet, problems } = parseFleet(text, "fleet.yaml", catalog);
  if (fleet === null) throw new FleetInvalid(problems);
  return fleet;
}

export const desiredOf = (fleet: Fleet) => desiredState(fleet, desiredOptions);
const present = desiredOf(parsed(example));
const converged = performAll(emptyWorld(present), planFleet(present, emptyWorld(present)).operations, () => 0);

/** What would be written and carried out. */
export interface CarriedOut {
  text: string;
  kind: string;
  given: [string, string][];
}

/** The example fleet as it has converged, for a test to change. */
export class TenantWorld {
  text: string = example;
  observed: Observed = converged;
  unfinished: UnfinishedRemoval | null = null;
  underWay: Run | null = null;
  /** What a final backup consists of. */
  finalBackup: PlannedOperation[] = [];
  /** Values by name: of tenants that are kept, what they have left. */
  secrets = new Map<string, string>();
  instances = new Set<string>();
  readonly carriedOut: CarriedOut[] = [];
  readonly control: TenantControl;

  constructor() {
    const hasSecrets = (owner: string) => [...this.secrets.keys()].some((name) => name.startsWith(`${owner}/`));
    this.control = createTenantControl({
      control: { edit: this.edit },
      store: { current: async () => this.#current() },
      everything: (fleet) => desiredOf(withEveryService(fleet, catalog)),
      hasSecrets,
      isPresentValue: (name, value) => this.secrets.get(name) === value.reveal(),
      finalBackup: async () => this.finalBackup,
      unfinishedRemoval: async () => this.unfinished,
      // What the example's instances were made of stays known.
      kept: async (fleet) =>
        keptTenants(
          fleet,
          present.instances.map(({ spec }) => spec),
          hasSecrets,
        ),
      instances: async () => this.instances,
      runUnderWay: async () => this.underWay,
    });
  }

  #current() {
    return { fleet: parsed(this.text), yaml: this.text, file: "fleet.yaml" };
  }

  readonly edit: FleetControl["edit"] = async (
    edit,
    { only, given = new Map<string, Secret>(), kind, dryRun = false },
  ) => {
    const { text, first = [], besides = () => [], arrange = (all) => all } = edit(this.#current());
    const fleet = parsed(text);
    const desired = desiredOf(fleet);
    const part = planPart(planFleet(desired, withNodes(this.observed, fleet)), (operation) => only(operation, desired));
    const rest = startAfter(first, arrange([...part.operations, ...besides(part, desired)]));
    const operations = linkPresent([...first, ...rest]);
    if (!dryRun) {
      const revealed = [...given].map(([name, value]): [string, string] => [name, value.reveal()]);
      this.carriedOut.push({ text, kind, given: revealed });
    }
    return { plan: { ...part, operations }, run: null };
  };
}

/** Nodes that a plan names and nobody has made yet. */
function withNodes(observed: Observed, fleet: Fleet): Observed {
  const made = emptyWorld(desiredOf(fleet)).nodes;
  return { ...observed, nodes: new Map([...made, ...observed.nodes]) };
}

export const options = { account: "anna", dryRun: false };

export function ids({ plan }: { plan: { operations: Pick<PlannedOperation, "id">[] } }): string[] {
  return plan.operations.map(({ id }) => id);
}

/** A run that is under way, with these steps: `secrets.remove/user3`. */
export function runningRun(kind: string, stepIds: readonly string[]): Run {
  return {
    ...{ id: 41, kind, account: "anna", state: "running", createdAt: "2026-11-24T06:31:00.000Z", endedAt: null },
    counts: { waiting: stepIds.length, running: 0, succeeded: 0, failed: 0, cancelled: 0, skipped: 0 },
    steps: stepIds.map((id) => ({
      ...{ id, kind: id.slice(0, id.indexOf("/")), target: id.slice(id.lastIndexOf("/") + 1), node: null },
      ...{ change: "create", reason: "", after: [], state: "waiting", attempt: 0 },
      ...{ startedAt: null, endedAt: null, progress: null, error: null },
    })),
  };
}
