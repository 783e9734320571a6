/** Where the lab's fleet keeps its backups: a stand-in for the S3 store of a NAS, outside of every node. */
import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { BerthError } from "@berth/shared/errors";
import * as z from "zod";
import { readIfPresent, writeWhole } from "../host/files.ts";
import { findLongLived, isRunning, startLongLived, stopLongLived } from "../host/processes.ts";
import { waitFor } from "../host/wait.ts";
import { ensureAddress, inNamespace, tryInNamespace } from "../network/namespace.ts";
import type { Lab } from "../state.ts";

const processName = "backup-target";
const network = { address: "10.0.4.20", prefixLength: 24 } as const;
const port = 9000;
const program = join(import.meta.dirname, "../stand-ins/object-store/main.ts");

const keysSchema = z.object({ accessKey: z.string(), secretKey: z.string() });
/** What opens the store: the two secrets that a fleet with backups is given. */
export type BackupTargetKeys = z.output<typeof keysSchema>;

/** Starts it unless it runs, and waits until it answers. */
export async function ensureBackupTarget(lab: Pick<Lab, "stateDirectory" | "namespace">): Promise<BackupTargetKeys> {
  const { stateDirectory, namespace } = lab;
  const directory = join(stateDirectory, processName);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const keys = await ensureKeys(join(directory, "keys.json"));
  await ensureAddress(namespace, network);
  const identity =
    (await findLongLived(stateDirectory, processName)) ??
    (await startLongLived({
      name: processName,
      argv: inNamespace(namespace, [
        process.execPath,
        program,
        "server",
        ...["--address", `${network.address}:${port}`],
        ...["--console-address", `${network.address}:${port + 1}`],
        join(directory, "data"),
      ]),
      stateDirectory,
      env: { MINIO_ROOT_USER: keys.accessKey, MINIO_ROOT_PASSWORD: keys.secretKey },
    }));
  const url = `http://${network.address}:${port}/minio/health/live`;
  await waitFor({
    what: `The backup target at ${url}`,
    deadlineMs: 30_000,
    check: async () => {
      const script = `process.exit((await fetch("${url}")).ok ? 0 : 1)`;
      const asking = [process.execPath, "--input-type=module", "--eval", script] as const;
      if ((await tryInNamespace(namespace, asking)).exitCode === 0) return true;
      if (await isRunning(identity)) return undefined;
      throw new BerthError("lab.failed", "The backup target ended before it listened", {
        hint: `See ${join(stateDirectory, "log", `${processName}.log`)}`,
      });
    },
  });
  return keys;
}

/** As if the NAS were switched off. */
export async function stopBackupTarget({ stateDirectory }: Pick<Lab, "stateDirectory">): Promise<void> {
  await stopLongLived(stateDirectory, processName);
}

async function ensureKeys(file: string): Promise<BackupTargetKeys> {
  const text = await readIfPresent(file);
  if (text !== undefined) return keysSchema.parse(JSON.parse(text));
  const keys = { accessKey: randomBytes(10).toString("hex"), secretKey: randomBytes(24).toString("hex") };
  await writeWhole(file, JSON.stringify(keys));
  return keys;
}
