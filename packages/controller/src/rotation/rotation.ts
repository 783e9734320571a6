/** Rotates secrets: plans it, starts the run, and takes the new versions back when the instance did not get along with them. */
import type { Run } from "@berth/shared/api/runs";
import { BerthError } from "@berth/shared/errors";
import type { Fleet } from "@berth/shared/fleet/schema";
import { secretsRotate } from "@berth/shared/operations/secrets-rotate";
import type { FleetStore } from "../apply/fleet-store.ts";
import { recordFleet } from "../apply/record.ts";
import type { Inventory } from "../inventory/database.ts";
import { type NewEvent, recordEvent } from "../inventory/events.ts";
import { readRun, type RunRecord } from "../inventory/runs.ts";
import type { Desired } from "../plan/desired.ts";
import type { FleetPlan } from "../plan/plan.ts";
import type { NewRun } from "../runs/store.ts";
import type { Secrets, SecretVersion } from "../secrets/open.ts";
import { planRotation } from "./plan-rotation.ts";
import { secretUses, type SecretUse } from "./secret-uses.ts";

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

export const rotationKind = "secret.rotate";

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
    if (present === null) throw unknown(target);
    const chosen = choose(target, await uses());
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
        const made = run === null ? null : untaken(run);
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

/** The secrets to rotate, all of one instance, and what is told of those that stay. */
function choose(
  target: string,
  uses: readonly SecretUse[],
): { instance: string; secrets: Rotatable[]; warnings: string[] } {
  const named = uses.filter(({ name }) => (target.includes("/") ? name === target : name.startsWith(`${target}/`)));
  if (named.length === 0) throw unknown(target);
  const rotatable = named.filter((use) => use.means !== null);
  const warnings = named.flatMap((use) => (use.means === null ? [`${use.name} stays as it is: ${use.refusal}`] : []));
  const [first] = rotatable;
  if (first !== undefined) return { instance: first.instance, secrets: rotatable, warnings };
  const [why] = named.flatMap((use) => (use.means === null ? [use.refusal] : []));
  throw new BerthError(
    "conflict",
    named.length === 1 ? `${named[0]?.name} cannot be rotated: ${why}` : `No secret of ${target} can be rotated`,
    {
      hint: `\`berth secret list ${target.split("/")[0]}\` says why of each.`,
    },
  );
}

type Rotatable = Extract<SecretUse, { instance: string }>;

/**
 * What a rotation was to give an instance that did not take it; null: nothing is to be taken back. A superuser's password
 * has no instance to take it and stays: nobody can say whether the server knows it already, and the controller tries both.
 */
function untaken({ kind, state, steps }: RunRecord): { instance: string; versions: SecretVersion[] } | null {
  const made = steps.find((step) => step.kind === "secrets.rotate");
  const replaced = steps.find((step) => step.kind === "instance.ensure");
  const failed = kind === rotationKind && (state === "failed" || state === "cancelled");
  if (!failed || made === undefined || replaced === undefined || replaced.state === "succeeded") return null;
  const { instance, secrets } = secretsRotate.input.parse(made.input);
  return { instance, versions: secrets.map(({ name, version }) => ({ name, version })) };
}

function unknown(target: string): BerthError {
  return new BerthError("not-found", `Nothing of the fleet has a secret named '${target}'`, {
    hint: "`berth secret list` shows the secrets. Name one, such as user1-n8n/database, or an instance.",
  });
}
