/** A lab with everything around a fleet: Proxmox VE, an image registry, the controller, a router and a way to the page. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { getTraefikProvider } from "@berth/shared/api/routes";
import { listSecrets } from "@berth/shared/api/secrets";
import { BerthError } from "@berth/shared/errors";
import { type BackupTargetKeys, ensureBackupTarget } from "../backup-target/service.ts";
import { ensureImages } from "../images/ensure-images.ts";
import { labDown, labUp } from "../lab.ts";
import { PartTimer, type OnProgress } from "../progress.ts";
import { startRegistry } from "../registry/registry.ts";
import { startRelay } from "../relay/service.ts";
import { ensureRouter } from "../router/service.ts";
import { saveLab, type Lab } from "../state.ts";
import { ensureAccount, type DemoAccount } from "./account.ts";
import { labCli, runBerth } from "./cli.ts";
import { ensureController, type LabController } from "./controller.ts";

export interface FleetLab {
  lab: Lab;
  controller: LabController;
  /** Address of the page in the main namespace; null: no relay was asked for. */
  pageUrl: string | null;
  account: DemoAccount;
  /** Milliseconds of each part. */
  timings: Record<string, number>;
}

export interface FleetLabOptions {
  name: string;
  /** Port of 127.0.0.1 for the page, the next free one if it is taken; null: no page. */
  pagePort: number | null;
  onProgress: OnProgress;
}

/** Makes it, or what is missing of it. A second call changes nothing. */
export async function fleetLabUp({ name, pagePort, onProgress }: FleetLabOptions): Promise<FleetLab> {
  const timer = new PartTimer(onProgress);
  // Images take longest on a bare machine, and need nothing of the lab.
  const [lab] = await Promise.all([
    labUp({ name, onProgress }),
    timer.run("images", "Images", () => ensureImages({ onProgress })),
  ]);
  const registry = await timer.run("registry", "Image registry", () =>
    startRegistry({
      namespace: lab.namespace,
      address: lab.bridgeAddress,
      port: 5000,
      stateDirectory: lab.stateDirectory,
    }),
  );
  const complete: Lab = { ...lab, registryCaFile: registry.caFile };
  await saveLab(complete);
  const controller = await timer.run("controller", "Controller", () => ensureController(complete));
  await timer.run("router", "Stand-in for Traefik", async () => {
    const provider = await labCli(controller.socket).ask(
      ["route", "token", "--show-token"],
      getTraefikProvider.response,
    );
    await ensureRouter(complete, provider);
  });
  await timer.run("backup-target", "Stand-in for the store of backups", async () => {
    await giveKeys(controller.socket, await ensureBackupTarget(complete));
  });
  const account = await ensureAccount(controller.socket, join(complete.stateDirectory, "admin-password"));
  const relay =
    pagePort === null
      ? null
      : await startRelay({ stateDirectory: lab.stateDirectory, port: pagePort, socketPath: controller.pageSocket });
  return {
    lab: complete,
    controller,
    account,
    pageUrl: relay === null ? null : `http://127.0.0.1:${relay.port}`,
    timings: { ...lab.timings, ...timer.timings },
  };
}

/** Once: a value that is given again would be the secret's next version. */
async function giveKeys(socket: string, { accessKey, secretKey }: BackupTargetKeys): Promise<void> {
  const { secrets } = await labCli(socket).ask(["secret", "list"], listSecrets.response);
  const given = { "backup/s3AccessKey": accessKey, "backup/s3SecretKey": secretKey };
  for (const [name, value] of Object.entries(given)) {
    if (secrets.some((secret) => secret.name === name)) continue;
    const { exitCode, stderr } = await runBerth(socket, ["secret", "set", name, "--from-file", "-"], { input: value });
    if (exitCode !== 0) throw new BerthError("lab.failed", `The backup target's keys could not be given: ${stderr}`);
  }
}

export async function fleetLabDown({ name, onProgress }: { name: string; onProgress: OnProgress }): Promise<void> {
  await labDown({ name, onProgress });
  await rm(`/run/berth-lab/${name}`, { recursive: true, force: true });
}
