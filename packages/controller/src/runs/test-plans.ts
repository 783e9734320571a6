/** For tests of this room: plans of real operations, and handlers for them. */
import type { OperationKind, OperationResult } from "@berth/shared/operations/index";
import type { Plan } from "@berth/shared/operations/plan";
import type { OperationContext, OperationHandlers } from "./handlers.ts";

type Operation = Plan["operations"][number];

/** `image.ensure/<name>`: one image per operation, so that no two share a lock. */
export function imageOperation(name: string, after: string[] = [], node: string | null = "user1"): Operation {
  return {
    id: `image.ensure/${name}`,
    kind: "image.ensure",
    change: "create",
    node,
    target: name,
    reason: "it is not there",
    after: after.map((id) => `image.ensure/${id}`),
    input: { node: node ?? "shared", image: name, registryCa: null },
  };
}

export function planOf(...operations: Operation[]): Plan {
  return { operations, warnings: [] };
}

export type ImageHandler = (context: OperationContext<"image.ensure">) => Promise<OperationResult<"image.ensure">>;

/** Handlers of which only `image.ensure` is called. */
export function handlersWith(imageEnsure: ImageHandler): OperationHandlers {
  const unused = (kind: OperationKind) => (): Promise<never> => Promise.reject(new Error(`${kind} is not expected`));
  return {
    "lxc.ensure": unused("lxc.ensure"),
    "agent.ensure": unused("agent.ensure"),
    "database.ensure": unused("database.ensure"),
    "database.remove": unused("database.remove"),
    "collections.ensure": unused("collections.ensure"),
    "collections.remove": unused("collections.remove"),
    "buckets.ensure": unused("buckets.ensure"),
    "buckets.remove": unused("buckets.remove"),
    "models.ensure": unused("models.ensure"),
    "firewall.ensure": unused("firewall.ensure"),
    "lxc.remove": unused("lxc.remove"),
    "tenant.verify": unused("tenant.verify"),
    "secrets.adopt": unused("secrets.adopt"),
    "secrets.remove": unused("secrets.remove"),
    "secrets.rotate": unused("secrets.rotate"),
    "logins.retire": unused("logins.retire"),
    "superuser.ensure": unused("superuser.ensure"),
    "image.ensure": imageEnsure,
    "instance.ensure": unused("instance.ensure"),
    "instance.remove": unused("instance.remove"),
    "instance.restart": unused("instance.restart"),
    "backup.create": unused("backup.create"),
    "backup.restore": unused("backup.restore"),
    "backup.drill": unused("backup.drill"),
    "repository.check": unused("repository.check"),
    "repository.prune": unused("repository.prune"),
    "instance.prove": unused("instance.prove"),
    "instance.upgrade": unused("instance.upgrade"),
    "instance.rollback": unused("instance.rollback"),
    "upgrade.conclude": unused("upgrade.conclude"),
    "checkpoint.create": unused("checkpoint.create"),
    "checkpoint.restore": unused("checkpoint.restore"),
    "checkpoint.remove": unused("checkpoint.remove"),
  };
}

export const imageResult: OperationResult<"image.ensure"> = { pulled: true, imageId: "sha256:0" };
