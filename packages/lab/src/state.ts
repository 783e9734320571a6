import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { BerthError } from "@berth/shared/errors";
import * as z from "zod";
import { readIfPresent, writeWhole } from "./host/files.ts";

/** Part of namespace, cgroup and file names; short, since the kernel limits some of them. */
export const labNameSchema = z.string().regex(/^[a-z][a-z0-9-]{0,19}$/);

export const labSchema = z.object({
  name: labNameSchema,
  stateDirectory: z.string(),
  /** Network namespace: processes that address 10.0.6.x run inside it. */
  namespace: z.string(),
  bridgeAddress: z.string(),
  proxmox: z.object({
    host: z.string(),
    port: z.int(),
    node: z.string(),
    /** PEM file of the authority that signed the API's certificate. */
    caFile: z.string(),
    tokenId: z.string(),
    tokenSecretFile: z.string(),
    /** Password of root@pam, for what a token may not do. */
    rootPasswordFile: z.string(),
    storage: z.string(),
    /** With Docker in it. */
    template: z.string(),
    /** Without Docker; there only when the lab was made with it. */
    plainTemplate: z.string().optional(),
    bridge: z.string(),
  }),
  /** HOST:PORT of the image registry, once it runs. */
  registry: z.string(),
  registryCaFile: z.string().optional(),
  /** Ports of 127.0.0.1 in the main namespace that lead to Unix sockets. */
  relays: z.array(z.object({ port: z.int(), socketPath: z.string() })),
  /** Milliseconds that each part of the last `labUp` took. */
  timings: z.record(z.string(), z.number()),
});
export type Lab = z.infer<typeof labSchema>;

function stateRoot(): string {
  return process.env["BERTH_LAB_STATE"] ?? "/var/lib/berth-lab";
}

/** Rootfs images and packages, shared by all labs and kept between them. */
export function cacheDirectory(): string {
  return process.env["BERTH_LAB_CACHE"] ?? "/var/cache/berth-lab";
}

function checkedName(name: string): string {
  if (labNameSchema.safeParse(name).success) return name;
  throw new BerthError("request.invalid", `"${name}" cannot be a lab's name`, {
    hint: "A lab's name is 1 to 20 of a-z, 0-9 and -, and begins with a letter.",
  });
}

export function stateDirectoryOf(name: string): string {
  return join(stateRoot(), checkedName(name));
}

/** "berth-lab-NAME": the network namespace and the cgroup of a lab. */
export function scopeOf(name: string): string {
  return `berth-lab-${checkedName(name)}`;
}

export async function makeStateDirectories(name: string): Promise<string> {
  const directory = stateDirectoryOf(name);
  for (const part of ["", "processes", "log", "guests", "proxmox", "relays"]) {
    await mkdir(join(directory, part), { recursive: true, mode: 0o700 });
  }
  return directory;
}

export async function saveLab(lab: Lab): Promise<void> {
  await writeWhole(join(lab.stateDirectory, "lab.json"), `${JSON.stringify(labSchema.parse(lab), null, 2)}\n`);
}

/** The lab as the last `labUp` left it, or undefined when none has ended. */
export async function findLab(name: string): Promise<Lab | undefined> {
  const text = await readIfPresent(join(stateDirectoryOf(name), "lab.json"));
  return text === undefined ? undefined : labSchema.parse(JSON.parse(text));
}

/** The lab as the last `labUp` left it. */
export async function loadLab(name: string): Promise<Lab> {
  const lab = await findLab(name);
  if (lab === undefined) {
    if ((await listLabs()).includes(name)) {
      throw new BerthError("not-found", `Lab ${name} is not finished`, {
        hint: `\`./berth lab up --name ${name}\` carries on with it, \`./berth lab down --name ${name}\` removes what there is.`,
      });
    }
    throw new BerthError("not-found", `There is no lab named ${name}`, {
      hint: `Make it with \`./berth lab up --name ${name}\`.`,
    });
  }
  return lab;
}

/** Names of the labs that have state on this machine. */
export async function listLabs(): Promise<string[]> {
  try {
    return (await readdir(stateRoot())).filter((name) => labNameSchema.safeParse(name).success);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
