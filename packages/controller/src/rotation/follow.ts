import type { Runner } from "../runs/runner.ts";
import type { RetireLeftLogins } from "./retire-left-logins.ts";
import type { Rotation } from "./rotation.ts";
import { rotationKind } from "./untaken.ts";

export interface RotationsFollower {
  /** Ends when everything that is being taken back has been, or could not be. */
  settled: () => Promise<void>;
  /** The same without waiting for nodes. Call it when no run is carried out, and before the inventory closes. */
  close: () => Promise<void>;
}

export interface FollowOptions {
  runner: Pick<Runner, "events" | "list">;
  retireLeftLogins: RetireLeftLogins;
  onFailure: (error: unknown) => void;
}

/**
 * Has every rotation settled that does not come to its end, also one that the controller's own end interrupted, and the
 * logins ended that it leaves. That waits for nodes and servers, so it goes on in the background.
 */
export async function followRotations(
  rotation: Pick<Rotation, "settle">,
  { runner, retireLeftLogins, onFailure }: FollowOptions,
): Promise<RotationsFollower> {
  const closing = new AbortController();
  const underWay = new Set<Promise<void>>();

  function follow(work: () => Promise<void>): void {
    const followed = work()
      .catch((error: unknown) => {
        if (!closing.signal.aborted) onFailure(error);
      })
      .finally(() => underWay.delete(followed));
    underWay.add(followed);
  }

  const settled = async (): Promise<void> => void (await Promise.all(underWay));

  runner.events.on("run", ({ id, kind, state }) => {
    if (kind !== rotationKind || state === "running") return;
    follow(async () => {
      await rotation.settle(id);
      await retireLeftLogins(id, closing.signal);
    });
  });
  const runs = await runner.list();
  const latest = runs.find(({ kind }) => kind === rotationKind);
  // Settled before anything else begins; a run after it would not have begun before.
  if (latest !== undefined && latest === runs[0]) await rotation.settle(latest.id);
  if (latest !== undefined) follow(() => retireLeftLogins(latest.id, closing.signal));
  return {
    settled,
    close: async () => {
      closing.abort();
      await settled();
    },
  };
}
