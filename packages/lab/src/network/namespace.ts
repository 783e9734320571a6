import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { execa, type Options } from "execa";
import { type Argv, type CommandOptions, type CommandOutcome, runCommand, tryCommand } from "../host/command.ts";
import { isMissingFile } from "../host/files.ts";

/**
 * The network of the stand-in Proxmox VE host: a namespace with one bridge and no way out of it.
 * Whatever addresses 10.0.6.x is started inside it; in the main namespace such a packet would leave the machine.
 */
export const bridge = { name: "vmbr0", address: "10.0.6.1", prefixLength: 24 } as const;

const namespaceRoot = "/var/run/netns";

/** The command that runs `argv` inside a network namespace; the process id stays that of `argv` itself. */
export function inNamespace(namespace: string, argv: Argv): Argv {
  return ["nsenter", `--net=${join(namespaceRoot, namespace)}`, "--", ...argv];
}

/** Runs a command inside the namespace and returns its standard output; an exit code other than 0 is an error. */
export function runInNamespace(namespace: string, argv: Argv, options: CommandOptions = {}): Promise<string> {
  return runCommand(inNamespace(namespace, argv), options);
}

/** Like `runInNamespace`, but hands back the exit code instead of judging it. */
export function tryInNamespace(namespace: string, argv: Argv, options: CommandOptions = {}): Promise<CommandOutcome> {
  return tryCommand(inNamespace(namespace, argv), options);
}

/** Starts a command inside the namespace and hands over the running subprocess; the caller ends it. */
export function spawnInNamespace<const SpawnOptions extends Options>(
  namespace: string,
  argv: Argv,
  options: SpawnOptions,
) {
  const [file, ...parameters] = inNamespace(namespace, argv);
  return execa(file, parameters, options);
}

async function isUsable(namespace: string): Promise<boolean> {
  return (await tryCommand(["ip", "-netns", namespace, "link", "show", "dev", "lo"])).exitCode === 0;
}

/** Makes the namespace and its bridge, or what is missing of them. Returns whether the namespace is new. */
export async function ensureNamespace(namespace: string): Promise<boolean> {
  const isNew = !(await isUsable(namespace));
  if (isNew) {
    // A name without a namespace behind it is what an interrupted `ip netns add` leaves.
    await removeNamespace(namespace);
    await runCommand(["ip", "netns", "add", namespace]);
  }
  const ip = (...parameters: string[]): Promise<string> => runCommand(["ip", "-netns", namespace, ...parameters]);
  await ip("link", "set", "dev", "lo", "up");
  const bridgeLink = await tryCommand(["ip", "-netns", namespace, "link", "show", "dev", bridge.name]);
  if (bridgeLink.exitCode !== 0) await ip("link", "add", bridge.name, "type", "bridge");
  await ip("address", "replace", `${bridge.address}/${bridge.prefixLength}`, "dev", bridge.name);
  await ip("link", "set", "dev", bridge.name, "up");
  return isNew;
}

/** Gives the lab's host a further address, beside that of its bridge. */
export async function ensureAddress(
  namespace: string,
  { address, prefixLength }: { address: string; prefixLength: number },
): Promise<void> {
  await runCommand([
    ...(["ip", "-netns", namespace] as const),
    ...["address", "replace", `${address}/${prefixLength}`, "dev", bridge.name],
  ]);
}

/** Removes the namespace; does nothing when there is none. Processes inside keep it alive, so end them first. */
export async function removeNamespace(namespace: string): Promise<void> {
  const path = join(namespaceRoot, namespace);
  if (!(await listNamespaces()).includes(namespace)) return;
  const outcome = await tryCommand(["ip", "netns", "delete", namespace]);
  if (outcome.exitCode !== 0) await rm(path, { force: true });
}

export async function listNamespaces(): Promise<string[]> {
  try {
    return await readdir(namespaceRoot);
  } catch (error) {
    if (isMissingFile(error)) return [];
    throw error;
  }
}
