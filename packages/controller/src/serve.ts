import { BerthError } from "@berth/shared/errors";
import type { ServeOptions } from "./serve-options.ts";

/** Runs the controller until it is told to stop. */
export async function serve(options: ServeOptions): Promise<void> {
  throw new BerthError("internal", `The controller cannot be started yet (${options.stateDirectory}).`);
}
