import { findController } from "../../src/demo/controller.ts";
import { isRunning } from "../../src/host/processes.ts";
import { waitFor } from "../../src/host/wait.ts";
import type { Lab } from "../../src/state.ts";

/** kill -9, if it runs; returns once it is gone. */
export async function killController(lab: Lab): Promise<void> {
  const controller = await findController(lab);
  if (controller === undefined) return;
  process.kill(controller.pid, "SIGKILL");
  await waitFor({
    what: "The end of the killed controller",
    deadlineMs: 10_000,
    intervalMs: 10,
    check: async () => ((await isRunning(controller)) ? undefined : true),
  });
}
