/** The real CLI, against the controller of a lab. */
import { join } from "node:path";
import { execa, type Options } from "execa";
import { repository } from "./controller.ts";

const cli = join(repository, "packages/controller/dist/berth.mjs");

/** Runs `berth ARGUMENTS` with this terminal's streams unless told otherwise. Never throws for an exit code. */
export function runBerth<const T extends Options>(socket: string, parameters: readonly string[], options: T) {
  return execa(process.execPath, [cli, ...parameters], {
    ...options,
    reject: false,
    env: { BERTH_CONTROLLER: `unix:${socket}` },
  });
}
