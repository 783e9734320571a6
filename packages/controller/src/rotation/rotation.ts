/** Rotates secrets: plans it, starts the run, and takes the new versions back when the instance did not get along with them. */
import type { Run } from "@berth/shared/api/runs";
import { BerthError } from "@berth/shared/errors";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { FleetStore } from "../apply/fleet-store.ts";
import { recordFleet } from "../apply/record.ts";
import type { Inventory } from "../inventory/database.ts";
import { type NewEvent, recordEvent } from "../inventory/events.ts";
import { readRun } from "../inventory/runs.ts";
import type { Desired } from "../plan/desired.ts";
import type { FleetPlan } from "../plan/plan.ts";
import type { NewRun } from "../runs/store.ts";
import type { Secrets, SecretVersion } from "../secrets/open.ts";
import { formerTokenDays } from "../secrets/reader-token.ts";
import { planRotation } from "./plan-rotation.ts";
import { unknownTarget } from "./known-names.ts";
import { isReadersToken, secretUses, type SecretUse } from "./secret-uses.ts";
import { hasFailed, rotationKind, untaken } from "./untaken.ts";

export interface RotationDependencies {
  inventory: Inventory;
  store: FleetStore;
  secrets: Pick<Secrets, "list" | "version" | "nextVersion" | "discard">;
  /** What a fleet comes to, with other versions of some secrets than the present ones. */
  desired: (fleet: Fleet, versions?: ReadonlyMap<string, number>) => Desired;
  /** Writes the run together with `alongside`, in one transaction; throws `conflict` when another is under way. */
  startRun: (run: NewRun) => Promise<Run | null>;
  /** Runs work that must not meet an apply. */
  exclusively: <T>(work: () => Promise<T>) => Promise<T>;
}

export interface Rotation {
  /** Every secret with what uses it and how it can be rotated. */
  uses: () => Promise<SecretUse[]>;
  /** `target` is a secret, or an instance: all that can be rotated of it. Throws `not-found`, and `conflict` for what cannot be. */
  plan: (target: string) => Promise<FleetPlan>;
  rotate: (target: string, account: string) => Promise<{ plan: FleetPlan; run: Run | null }>;
  /** Once a run has ended: takes back what a rotation has made that its instance did not take. Idempotent. */
  settle: (run: number) => Promise<void>;
}

interface Prepared {
  plan: FleetPlan;
  after: Desired;
  present: { fleet: Fleet; yaml: string; file: string };
}

export function createRotation(dependencies: RotationDependencies): Rotation {
  const { inventory, store, secrets, desired } = dependencies;

  async function uses(): Promise<SecretUse[]> {
    const names = secrets.list().map(({ name }) => name);
    const present = await store.current();
    return secretUses(present === null ? nothing : desired(present.fleet), names);
  }

  async function prepare(target: string): Promise<Prepared> {
    const present = await store.current();
    const all = await uses();
    const names = all.map(({ name }) => name);
    if (present === null) throw unknownTarget(target, { names });
    const named = all.filter(({ name }) => (target.includes("/") ? name === target : name.startsWith(`${target}/`)));
    const isTenant = present.fleet.tenants[target] !== undefined;
    if (named.length === 0 || isTenant) throw unknownTarget(target, { names, desired: desired(present.fleet) });
    const chosen = choose(target, named);
    const rotated = chosen.secrets.map(({ name, means, rule }) => ({
      name,
      means,
      rule,
      version: secrets.nextVersion(name),
    }));
    const after = desired(present.fleet, new Map(rotated.map(({ name, version }) => [name, version])));
    return {
      plan: { operations: planRotation(chosen.instance, rotated, after), warnings: chosen.warnings },
      after,
      present,
    };
  }

  return {
    uses,
    plan: async (target) => (await prepare(target)).plan,
    rotate: (target, account) =>
      dependencies.exclusively(async () => {
        const { plan, after, present } = await prepare(target);
        const { fleet, yaml, file } = present;
        const run = await dependencies.startRun({
          plan,
          kind: rotationKind,
          account,
          alongside: (transaction) => recordFleet(transaction, { file, yaml, account, fleet, desired: after }),
        });
        return { plan, run };
      }),
    settle: (id) =>
      dependencies.exclusively(async () => {
        const run = await readRun(inventory.database, id);
        const present = await store.current();
        const made = run === null || !hasFailed(run) ? null : untaken(run);
        if (run === null || made === null || present === null) return;
        const taken = made.versions.filter(({ name, version }) => secrets.version(name) === version);
        for (const version of taken) await secrets.discard(version);
        await inventory.database.transaction().execute(async (transaction) => {
          const { fleet, yaml, file } = present;
          await recordFleet(transaction, { file, yaml, account: run.account, fleet, desired: desired(fleet) });
          if (taken.length > 0) await recordEvent(transaction, takenBack(id, made.instance, taken));
        });
      }),
  };
}

function takenBack(run: number, instance: string, taken: readonly SecretVersion[]): NewEvent {
  return {
    kind: "secret.taken-back",
    instance,
    message: `Run ${run} did not bring ${instance} to its new secrets: it goes on with those it had`,
    data: { run, secrets: taken.map(({ name }) => name) },
  };
}

const nothing: Desired = { nodes: [], firewalls: [], instances: [], needs: [], secrets: [], suspended: new Map() };

/** Those of the secrets that can be rotated, all of one instance, and what is to be told of it. */
function choose(
  target: string,
  named: readonly SecretUse[],
): { instance: string; secrets: Rotatable[]; warnings: string[] } {
  const rotatable = named.filter((use) => use.means !== null);
  const warnings = named.flatMap(warningOf);
  const [first] = rotatable;
  if (first !== undefined) return { instance: first.instance, secrets: rotatable, warnings };
  const [why] = named.flatMap((use) => (use.means === null ? [use.refusal] : []));
  throw new BerthError(
    "conflict",
    named.length === 1 ? `${named[0]?.name} cannot be rotated: ${why}` : `No secret of ${target} can be rotated`,
    {
      hint: `\`berth secret list ${target.split("/")[0]}\` shows which can be, \`berth secret show NAME\` why one cannot.`,
    },
  );
}

function warningOf(use: SecretUse): string[] {
  if (use.means === null) return [`${use.name} stays as it is: ${use.refusal}`];
  if (!isReadersToken(use.means)) return [];
  const taken = use.usedBy.map((instance) => `${instance} takes the new token in this run.`);
  return [[...taken, readerWarnings[use.means], formerWarning].join(" ")];
}

const readerWarnings = {
  router:
    "The router takes the new token from its own configuration: put there what `berth route token --show-token` prints, " +
    "and start it again.",
  scraper:
    "A Prometheus beside the fleet takes the new token from its own file: put there what `berth prometheus --token` prints.",
};
const formerWarning = `The former token is good for ${formerTokenDays} days; rotate again, and it is not.`;

type Rotatable = Extract<SecretUse, { instance: string }>;
