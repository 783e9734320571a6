import { join } from "node:path";
import { BerthError } from "@berth/shared/errors";
import { findLongLived, isRunning, startLongLived } from "../host/processes.ts";
import { waitFor } from "../host/wait.ts";
import { inNamespace, tryInNamespace } from "../network/namespace.ts";
import { packageMirror } from "./definition.ts";

const processName = "packages";

/** Starts the lab's package mirror unless it runs, and waits until it answers. */
export async function ensurePackageMirror(
  namespace: string,
  stateDirectory: string,
  packagesDirectory: string,
): Promise<void> {
  const program = join(import.meta.dirname, "package-server.ts");
  const identity =
    (await findLongLived(stateDirectory, processName)) ??
    (await startLongLived({
      name: processName,
      argv: inNamespace(namespace, [process.execPath, program, "--directory", packagesDirectory]),
      stateDirectory,
    }));
  await waitFor({
    what: "The lab's package mirror",
    deadlineMs: 30_000,
    intervalMs: 200,
    check: async () => {
      if (await isListening(namespace)) return true;
      if (await isRunning(identity)) return undefined;
      throw new BerthError("lab.failed", "The lab's package mirror ended before it listened", {
        hint: `See ${join(stateDirectory, "log", `${processName}.log`)}`,
      });
    },
  });
}

async function isListening(namespace: string): Promise<boolean> {
  const filter = `sport = :${packageMirror.port}`;
  const { stdout } = await tryInNamespace(namespace, [
    "ss",
    "--listening",
    "--tcp",
    "--numeric",
    "--no-header",
    filter,
  ]);
  return stdout.trim() !== "";
}
