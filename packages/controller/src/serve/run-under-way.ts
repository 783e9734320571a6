import type { Run } from "@berth/shared/api/runs";
import type { Runner } from "../runs/runner.ts";

/** null: none is. */
export async function findRunUnderWay(runner: Pick<Runner, "list" | "get">): Promise<Run | null> {
  const [newest] = await runner.list(1);
  return newest?.state === "running" ? runner.get(newest.id) : null;
}
