/** What a rotation has made that its instance did not take, and how it is begun anew. Pure. */
import { secretsRotate } from "@berth/shared/operations/secrets-rotate";
import type { RunRecord } from "../inventory/runs.ts";
import type { SecretVersion } from "../secrets/open.ts";
import { isReadersTokenName } from "./secret-uses.ts";

export const rotationKind = "secret.rotate";

/** Also of one that was cancelled: it did not come to its end, and nobody carries it out. */
export function hasFailed({ state }: Pick<RunRecord, "state">): boolean {
  return state === "failed" || state === "cancelled";
}

export interface Untaken {
  instance: string;
  versions: SecretVersion[];
}

/**
 * What a rotation was to give an instance that has not taken it; null: there is nothing to take back. A superuser's
 * password has no instance to take it and stays: nobody can say whether the server knows it already, and the controller
 * tries both. A reader's token stays, too: other readers may have it already, and the former one is good for days.
 */
export function untaken({ kind, steps }: Pick<RunRecord, "kind" | "steps">): Untaken | null {
  const made = steps.find((step) => step.kind === "secrets.rotate");
  const replaced = steps.find((step) => step.kind === "instance.ensure");
  if (kind !== rotationKind || made === undefined || replaced === undefined) return null;
  if (replaced.state === "succeeded") return null;
  const input = secretsRotate.input.safeParse(made.input);
  if (!input.success) return null;
  const { instance, secrets } = input.data;
  if (secrets.some(({ name }) => isReadersTokenName(name))) return null;
  return { instance, versions: secrets.map(({ name, version }) => ({ name, version })) };
}

/**
 * The command that begins a rotation anew which cannot be carried on, because what it made is taken back; null: carrying
 * on with the run leads somewhere.
 */
export function rotateAgain(run: Pick<RunRecord, "kind" | "steps">): string | null {
  const made = untaken(run);
  if (made === null) return null;
  const [only, ...others] = made.versions;
  const target = only === undefined || others.length > 0 ? made.instance : only.name;
  return `berth secret rotate ${target}`;
}
