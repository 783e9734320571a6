/** The real controller, running inside a lab's network. */
import { chmod, copyFile, mkdir } from "node:fs/promises";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { BerthError } from "@berth/shared/errors";
import { findLongLived, isRunning, startLongLived, stopLongLived, type ProcessIdentity } from "../host/processes.ts";
import { waitFor } from "../host/wait.ts";
import { inNamespace } from "../network/namespace.ts";
import { routerAuthority } from "../router/service.ts";
import type { Lab } from "../state.ts";

export const repository = join(import.meta.dirname, "../../../..");
export const controllerProgram = join(repository, "packages/controller/dist/berth.mjs");
const processName = "controller";

export interface LabController {
  /** Unix socket for the CLI: trusted. */
  socket: string;
  /** Unix socket for the page: needs a login. */
  pageSocket: string;
  stateDirectory: string;
}

export function controllerOf(lab: Pick<Lab, "name" | "stateDirectory">): LabController {
  return {
    // Where the CLI looks by itself when no other controller is on the machine; short, since socket paths are limited.
    socket: `/run/berth-lab/${lab.name}/controller.sock`,
    pageSocket: `/run/berth-lab/${lab.name}/page.sock`,
    stateDirectory: join(lab.stateDirectory, "controller"),
  };
}

/** Starts the controller unless it runs, and waits until it answers. */
export async function ensureController(lab: Lab): Promise<LabController> {
  const controller = controllerOf(lab);
  const running = await findLongLived(lab.stateDirectory, processName);
  const identity = running ?? (await startController(lab, controller));
  await waitFor({
    what: "The controller's socket",
    deadlineMs: 30_000,
    check: async () => {
      if (!(await isRunning(identity))) {
        throw new BerthError("lab.failed", "The controller ended before it listened", {
          hint: `See ${join(lab.stateDirectory, "log", `${processName}.log`)}`,
        });
      }
      return (await answers(controller.socket)) ? true : undefined;
    },
  });
  return controller;
}

export async function stopController(lab: Pick<Lab, "stateDirectory">): Promise<void> {
  await stopLongLived(lab.stateDirectory, processName);
}

export function findController(lab: Pick<Lab, "stateDirectory">): Promise<ProcessIdentity | undefined> {
  return findLongLived(lab.stateDirectory, processName);
}

async function startController(lab: Lab, controller: LabController): Promise<ProcessIdentity> {
  const configuration = await writeConfiguration(lab);
  await mkdir(`/run/berth-lab/${lab.name}`, { recursive: true, mode: 0o700 });
  const options = [
    ...["--state", controller.stateDirectory],
    ...["--configuration", configuration],
    ...["--socket", controller.socket],
    ...["--page", `unix:${controller.pageSocket}`],
    ...["--agents", `${lab.bridgeAddress}:8421`],
    ...(lab.registryCaFile === undefined
      ? []
      : ["--registry-mirror", lab.registry, "--registry-mirror-ca", lab.registryCaFile]),
  ];
  return startLongLived({
    name: processName,
    argv: inNamespace(lab.namespace, [process.execPath, controllerProgram, "serve", ...options]),
    stateDirectory: lab.stateDirectory,
  });
}

/** What a user would put under /etc/berth: the files that the fleet file names, for Proxmox VE and for the router. */
async function writeConfiguration({ proxmox, stateDirectory }: Lab): Promise<string> {
  const directory = join(stateDirectory, "configuration");
  const router = await routerAuthority(stateDirectory);
  const files = {
    "proxmox/ca.pem": proxmox.caFile,
    "proxmox/token": proxmox.tokenSecretFile,
    "proxmox/root-password": proxmox.rootPasswordFile,
    "router/ca.pem": router.caFile,
  };
  for (const [name, source] of Object.entries(files)) {
    const target = join(directory, name);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await copyFile(source, target);
    await chmod(target, 0o600);
  }
  return directory;
}

/** Whether somebody accepts connections on the socket: a file alone may be left from a controller that was killed. */
function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket);
    connection.once("connect", () => {
      connection.destroy();
      resolve(true);
    });
    connection.once("error", () => resolve(false));
  });
}
