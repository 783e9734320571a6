import { createGuest, destroyGuest } from "../containers/lifecycle.ts";
import type { Caller } from "./access.ts";
import { type ApiContext, diskStorage, specOf } from "./context.ts";
import { failure, parameterFailure } from "./failures.ts";
import { type NewVolume, parseNewRootfs, printSize } from "./formats.ts";
import { type GuestConfig, type GuestOptions, guestConfigSchema } from "./guest-options.ts";
import type { TaskLog } from "./tasks.ts";

export interface CreateRequest {
  vmid: number;
  template: string;
  options: GuestOptions;
  unprivileged: boolean;
  defaultStorage: string;
  password: string | undefined;
  sshPublicKeys: string | undefined;
}

/** "unable to create CT 110 - …", as Proxmox VE words what goes wrong while it creates. */
export function creationFailure(vmid: number, error: unknown): Error {
  return failure(`unable to create CT ${vmid} - ${error instanceof Error ? error.message : String(error)}`);
}

/** The disk that `rootfs` asks for; refuses storages that hold none. */
export function newRootDisk(caller: Caller, request: CreateRequest): NewVolume {
  const volume = parseNewRootfs(request.options.rootfs ?? "4", request.defaultStorage);
  if (volume.storage === "local") {
    throw parameterFailure({ storage: `storage '${volume.storage}' does not support container directories` });
  }
  if (volume.storage !== diskStorage) throw failure(`storage '${volume.storage}' does not exist`);
  caller.require(`/storage/${volume.storage}`, "Datastore.AllocateSpace");
  return volume;
}

/** One line per key. What is not a key is refused before anything is made. */
export function parseSshPublicKeys(keys: string | undefined): string[] {
  const lines = (keys ?? "").split(/[\n\0]/).map((line) => line.trim());
  const kept = lines.filter((line) => line !== "" && !line.startsWith("#"));
  const pattern = /(^|\s)(ssh-(rsa|ed25519|dss)|ecdsa-sha2-nistp\d+|sk-(ssh|ecdsa)-[\w@.-]+)\s+[A-Za-z\d+/]+=*(\s|$)/;
  if (!kept.every((line) => pattern.test(line))) throw failure("SSH public key validation error");
  return kept;
}

/** The configuration a new guest gets. */
export function newGuestConfig(request: CreateRequest, disk: NewVolume): GuestConfig {
  return guestConfigSchema.parse({
    arch: "amd64",
    ostype: "debian",
    memory: 512,
    swap: 512,
    hostname: `CT${request.vmid}`,
    ...request.options,
    rootfs: `${disk.storage}:vm-${request.vmid}-disk-0,size=${printSize(disk.bytes)}`,
    ...(request.unprivileged ? { unprivileged: true } : {}),
  });
}

/** The work of the task `vzcreate`. When it fails, nothing of the guest is left. */
export async function performCreate(
  context: ApiContext,
  request: CreateRequest,
  disk: NewVolume,
  config: GuestConfig,
  log: TaskLog,
): Promise<void> {
  const { vmid } = request;
  try {
    const template = (await context.listTemplates()).find((known) => known.volume === request.template);
    if (template === undefined) throw failure(`volume '${request.template}' does not exist`);
    log(`  Logical volume "vm-${vmid}-disk-0" created.`);
    log(`extracting archive '${template.image}'`);
    await createGuest(context.host, {
      spec: specOf(vmid, config),
      templateImage: template.image,
      diskBytes: disk.bytes,
      access: {
        sshPublicKeys: parseSshPublicKeys(request.sshPublicKeys),
        ...(request.password === undefined ? {} : { rootPassword: request.password }),
      },
    });
    log("Detected container architecture: amd64");
    log("Creating SSH host key 'ssh_host_ed25519_key' - this may take some time ...");
    await context.guests.save(vmid, { config, snapshots: {} });
  } catch (error) {
    await destroyGuest(context.host, vmid);
    await context.guests.remove(vmid);
    throw creationFailure(vmid, error);
  }
}
