import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { BerthError } from "@berth/shared/errors";
import { isMissingFile, readIfPresent, writeWhole } from "../host/files.ts";
import { ensurePackages } from "../host/packages.ts";
import { type ProcessIdentity, findLongLived, isRunning, startLongLived, stopLongLived } from "../host/processes.ts";
import { waitFor } from "../host/wait.ts";
import { inNamespace } from "../network/namespace.ts";
import { ensureServerCertificate } from "../proxmox/certificate.ts";
import { cacheDirectory as defaultCacheDirectory } from "../state.ts";
import { registryConfig } from "./config.ts";
import { listensOn, socketsOf } from "./listening.ts";

const processName = "registry";
const startDeadlineMs = 20_000;

export interface RegistryOptions {
  /** Name of the lab's network namespace. */
  namespace: string;
  /** Address inside the namespace. */
  address: string;
  port: number;
  /** The lab's state: the registry keeps its certificate, configuration, record and log below it. */
  stateDirectory: string;
  /** Where `ensureImages` keeps what the registry serves. */
  cacheDirectory?: string;
}

export interface Registry extends ProcessIdentity {
  /** HOST:PORT, as it stands in front of an image reference. */
  address: string;
  /** PEM of the authority that signed the registry's certificate: /etc/docker/certs.d/HOST:PORT/ca.crt of a node. */
  caFile: string;
}

/** Starts the lab's image registry, or leaves the one that runs as it is, and returns once it takes connections. */
export async function startRegistry(options: RegistryOptions): Promise<Registry> {
  const directory = join(options.stateDirectory, processName);
  for (const folder of [directory, join(options.stateDirectory, "processes"), join(options.stateDirectory, "log")]) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  }
  const certificate = await ensureServerCertificate(
    {
      caFile: join(directory, "ca.crt"),
      certificateFile: join(directory, "server.crt"),
      keyFile: join(directory, "server.key"),
    },
    { addresses: [options.address], dnsNames: [] },
    { authority: "CN=Berth lab registry authority", server: "CN=Berth lab registry" },
  );
  const storageDirectory = join(options.cacheDirectory ?? defaultCacheDirectory(), "registry");
  await mkdir(storageDirectory, { recursive: true });
  const configFile = join(directory, "config.json");
  const config = registryConfig({ ...options, storageDirectory, certificate });
  const identity =
    (await keepRunning(options.stateDirectory, configFile, config)) ?? (await launch(options, configFile, config));
  await waitUntilListening(identity, options);
  return { ...identity, address: `${options.address}:${options.port}`, caFile: certificate.caFile };
}

/** Stops the lab's registry; does nothing when none runs. */
export async function stopRegistry({ stateDirectory }: Pick<RegistryOptions, "stateDirectory">): Promise<void> {
  await stopLongLived(stateDirectory, processName);
}

/** The running registry, unless its configuration is another by now: that one is stopped. */
async function keepRunning(
  stateDirectory: string,
  configFile: string,
  config: string,
): Promise<ProcessIdentity | undefined> {
  if ((await readIfPresent(configFile)) === config) return findLongLived(stateDirectory, processName);
  await stopLongLived(stateDirectory, processName);
  return undefined;
}

async function launch(options: RegistryOptions, configFile: string, config: string): Promise<ProcessIdentity> {
  await ensurePackages(["docker-registry"]);
  await writeWhole(configFile, config);
  return startLongLived({
    name: processName,
    argv: inNamespace(options.namespace, ["docker-registry", "serve", configFile]),
    stateDirectory: options.stateDirectory,
    // Its traces would go to a collector that nobody runs.
    env: { OTEL_TRACES_EXPORTER: "none" },
  });
}

async function waitUntilListening(identity: ProcessIdentity, options: RegistryOptions): Promise<void> {
  await waitFor({
    what: `The image registry on ${options.address}:${options.port}`,
    deadlineMs: startDeadlineMs,
    check: async () => {
      if (!(await isRunning(identity))) throw await endedEarly(options.stateDirectory);
      return (await isListening(identity.pid, options.port)) ? true : undefined;
    },
  });
}

async function isListening(pid: number, port: number): Promise<boolean> {
  try {
    return listensOn(await socketsOf(pid), port);
  } catch (error) {
    // It ended between the two questions; the next round says so.
    if (isMissingFile(error)) return false;
    throw error;
  }
}

async function endedEarly(stateDirectory: string): Promise<BerthError> {
  const logFile = join(stateDirectory, "log", `${processName}.log`);
  const lastWords = (await readFile(logFile, "utf8")).trim().split("\n").slice(-3).join("; ");
  return new BerthError("lab.failed", `The image registry ended as it started: ${lastWords}`, {
    hint: `See ${logFile}.`,
  });
}
