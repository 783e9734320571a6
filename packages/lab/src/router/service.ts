/** The lab's router: where the design document has its Traefik. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { TraefikProvider } from "@berth/shared/api/routes";
import { BerthError } from "@berth/shared/errors";
import { readIfPresent, writeWhole } from "../host/files.ts";
import { findLongLived, isRunning, type ProcessIdentity, startLongLived, stopLongLived } from "../host/processes.ts";
import { waitFor } from "../host/wait.ts";
import { ensureAddress, inNamespace } from "../network/namespace.ts";
import type { Lab } from "../state.ts";
import { ensureRouterAuthority, type RouterAuthority } from "./authority.ts";
import { publishedSchemaFile } from "./published-schema.ts";
import { routerReadySchema, routerSettingsSchema, type RouterSettings } from "./settings.ts";

const processName = "router";
/** In the namespace only, as everything that has an address of the lab. */
export const routerNetwork = { address: "10.0.4.10", prefixLength: 24 } as const;

function directoryOf(stateDirectory: string): string {
  return join(stateDirectory, processName);
}

/** What a controller measures the router's certificate by; made before either of them starts. */
export function routerAuthority(stateDirectory: string): Promise<RouterAuthority> {
  return ensureRouterAuthority(directoryOf(stateDirectory));
}

/** Starts the router unless it runs with these very settings, and waits until it listens. */
export async function ensureRouter(
  { stateDirectory, namespace }: Pick<Lab, "stateDirectory" | "namespace">,
  { endpoint, ca, token }: TraefikProvider,
): Promise<void> {
  if (token === null) throw new BerthError("lab.failed", "The router needs the controller's token to take its routes");
  await routerAuthority(stateDirectory);
  await ensureAddress(namespace, routerNetwork);
  const directory = directoryOf(stateDirectory);
  const settings = await writeSettings(directory, {
    address: routerNetwork.address,
    endpoint,
    ca,
    token,
    directory,
    publishedSchema: publishedSchemaFile(),
  });
  const running = settings.isNew ? undefined : await findLongLived(stateDirectory, processName);
  if (running !== undefined) return;
  await stopLongLived(stateDirectory, processName);
  const ready = join(directory, "ready.json");
  await rm(ready, { force: true });
  const parameters = ["--settings", settings.file, "--ready", ready];
  const identity = await startLongLived({
    name: processName,
    argv: inNamespace(namespace, [process.execPath, join(import.meta.dirname, "main.ts"), ...parameters]),
    stateDirectory,
  });
  await waitUntilReady(stateDirectory, ready, identity);
}

export async function stopRouter(stateDirectory: string): Promise<void> {
  await stopLongLived(stateDirectory, processName);
}

async function writeSettings(directory: string, settings: RouterSettings): Promise<{ file: string; isNew: boolean }> {
  const file = join(directory, "settings.json");
  const text = `${JSON.stringify(routerSettingsSchema.parse(settings), null, 2)}\n`;
  const isNew = (await readIfPresent(file)) !== text;
  if (isNew) await writeWhole(file, text);
  return { file, isNew };
}

async function waitUntilReady(stateDirectory: string, ready: string, identity: ProcessIdentity): Promise<void> {
  await waitFor({
    what: `The router at ${routerNetwork.address}`,
    deadlineMs: 30_000,
    check: async () => {
      const text = await readIfPresent(ready);
      if (text !== undefined && routerReadySchema.parse(JSON.parse(text)).pid === identity.pid) return true;
      if (await isRunning(identity)) return undefined;
      throw new BerthError("lab.failed", "The router ended before it listened", {
        hint: `See ${join(stateDirectory, "log", `${processName}.log`)}`,
      });
    },
  });
}
