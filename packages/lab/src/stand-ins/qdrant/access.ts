/** Who may do what: the rules of Qdrant's lib/storage/src/rbac, in its words. */
import { forbidden } from "./errors.ts";
import { isObject } from "./json.ts";

/** `prw` may change points, but neither snapshots nor payload indexes. */
export type CollectionMode = "r" | "rw" | "prw";

export type Access =
  | { kind: "global"; mode: "r" | "m" }
  | { kind: "collections"; modes: ReadonlyMap<string, CollectionMode> };

export interface Requirements {
  write?: boolean;
  manage?: boolean;
  /** What goes beyond points: snapshots, payload indexes, names of vectors. */
  extras?: boolean;
}

export const fullAccess: Access = { kind: "global", mode: "m" };
export const readAccess: Access = { kind: "global", mode: "r" };

/** The claim `access`; undefined: it has not the form of one. Left out, it gives every right. */
export function parseAccess(claim: unknown): Access | "invalid" | undefined {
  if (claim === undefined) return fullAccess;
  if (claim === "r" || claim === "m") return { kind: "global", mode: claim };
  if (!Array.isArray(claim)) return undefined;
  const modes = new Map<string, CollectionMode>();
  let isValid = true;
  for (const item of claim) {
    if (!isObject(item) || typeof item["collection"] !== "string") return undefined;
    const mode = item["access"];
    if (mode !== "r" && mode !== "rw" && mode !== "prw") return undefined;
    // Well-formed, but not allowed: a collection named twice, and the constraints that were given up in 1.15.
    if (modes.has(item["collection"]) || (item["payload"] ?? null) !== null) isValid = false;
    modes.set(item["collection"], mode);
  }
  return isValid ? { kind: "collections", modes } : "invalid";
}

export function requireGlobal(access: Access, requirements: Requirements): void {
  if (access.kind === "collections") throw forbidden("Global access is required");
  requireGlobalMode(access.mode, requirements);
}

/** Whether the collection exists is asked after this: who may not see it is not told. */
export function requireCollection(access: Access, collection: string, requirements: Requirements): void {
  if (access.kind === "global") {
    requireGlobalMode(access.mode, requirements);
    return;
  }
  const mode = access.modes.get(collection);
  if (mode === undefined) throw forbidden(`Access to collection ${collection} is required`);
  if (requirements.extras === true && mode === "prw") {
    throw forbidden(`Only points access is allowed for collection ${collection}`);
  }
  if (requirements.write === true && mode === "r") {
    throw forbidden(`Write access to collection ${collection} is required`);
  }
  if (requirements.manage === true) throw forbidden("Manage access for this operation is required");
}

function requireGlobalMode(mode: "r" | "m", { write, manage }: Requirements): void {
  if ((write === true || manage === true) && mode === "r") throw forbidden("Global manage access is required");
}

export function maySee(access: Access, collection: string): boolean {
  return access.kind === "global" || access.modes.has(collection);
}
