import type { Runner } from "../runs/runner.ts";
import { rotationKind, type Rotation } from "./rotation.ts";

export interface RotationsFollower {
  /** Ends when nothing is being settled any more. Call it when no run is carried out, and before the inventory closes. */
  close: () => Promise<void>;
}

/** Has every rotation settled that does not come to its end, also one that the controller's own end interrupted. */
export async function followRotations(
  rotation: Pick<Rotation, "settle">,
  { runner, onFailure }: { runner: Pick<Runner, "events" | "list">; onFailure: (error: unknown) => void },
): Promise<RotationsFollower> {
  const settling = new Set<Promise<void>>();
  runner.events.on("run", ({ id, kind, state }) => {
    if (kind !== rotationKind || state === "running") return;
    const settled = rotation
      .settle(id)
      .catch(onFailure)
      .finally(() => settling.delete(settled));
    settling.add(settled);
  });
  const [newest] = await runner.list(1);
  if (newest?.kind === rotationKind) await rotation.settle(newest.id);
  return { close: async () => void (await Promise.all(settling)) };
}
