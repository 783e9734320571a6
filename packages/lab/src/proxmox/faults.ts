import { randomUUID } from "node:crypto";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { isMissingFile, readIfPresent, writeWhole } from "../host/files.ts";

const requestMatch = {
  /** "POST"; any method when left out. */
  method: z.string().optional(),
  /** Regular expression on the path below /api2/json; any path when left out. */
  path: z.string().optional(),
};

/** A mishap that the API is to have once; tests lay it down as a file in the lab's state. */
export const faultSchema = z.discriminatedUnion("kind", [
  /** The request waits before it is looked at. */
  z.object({ kind: z.literal("delay"), ...requestMatch, delayMs: z.int().positive() }),
  /** The request is carried out, but the connection breaks before the answer: the client cannot know. */
  z.object({ kind: z.literal("drop-response"), ...requestMatch }),
  /** The request is answered with this status and not carried out. */
  z.object({ kind: z.literal("answer"), ...requestMatch, status: z.int().min(400).max(599), message: z.string() }),
  /** The next task (of a type such as "vzcreate") ends with this error instead of doing its work. */
  z.object({ kind: z.literal("fail-task"), taskType: z.string().optional(), message: z.string() }),
  /** The next task waits before it works. */
  z.object({ kind: z.literal("delay-task"), taskType: z.string().optional(), delayMs: z.int().positive() }),
]);
export type Fault = z.infer<typeof faultSchema>;

export function faultsDirectory(stateDirectory: string): string {
  return join(stateDirectory, "proxmox", "faults");
}

/** Lets the API have a mishap, once. Several of the same kind are consumed one by one. */
export async function injectFault(stateDirectory: string, fault: Fault): Promise<void> {
  const directory = faultsDirectory(stateDirectory);
  await mkdir(directory, { recursive: true });
  await writeWhole(join(directory, `${Date.now()}-${randomUUID()}.json`), JSON.stringify(faultSchema.parse(fault)));
}

/** Takes back what has not happened yet. */
export async function clearFaults(stateDirectory: string): Promise<void> {
  await rm(faultsDirectory(stateDirectory), { recursive: true, force: true });
}

/** Takes the oldest fault that fits; it is gone afterwards. */
async function claimFault<Wanted extends Fault>(
  stateDirectory: string,
  fits: (fault: Fault) => fault is Wanted,
): Promise<Wanted | undefined> {
  const directory = faultsDirectory(stateDirectory);
  for (const name of await listFaults(directory)) {
    const path = join(directory, name);
    const content = await readIfPresent(path);
    if (content === undefined) continue;
    const fault = faultSchema.parse(JSON.parse(content));
    if (!fits(fault)) continue;
    try {
      await rm(path);
      return fault;
    } catch (error) {
      // Another request took it first.
      if (!isMissingFile(error)) throw error;
    }
  }
  return undefined;
}

async function listFaults(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).filter((name) => name.endsWith(".json")).toSorted();
  } catch (error) {
    if (isMissingFile(error)) return [];
    throw error;
  }
}

type FaultOf<Kind extends Fault["kind"]> = Extract<Fault, { kind: Kind }>;

export interface FaultyRequest {
  method: string;
  /** Below /api2/json. */
  path: string;
}

export function claimRequestFault<Kind extends "delay" | "drop-response" | "answer">(
  stateDirectory: string,
  kind: Kind,
  request: FaultyRequest,
): Promise<FaultOf<Kind> | undefined> {
  return claimFault(
    stateDirectory,
    (fault): fault is FaultOf<Kind> => fault.kind === kind && concernsRequest(fault, request),
  );
}

function concernsRequest(fault: Fault, request: FaultyRequest): boolean {
  if (fault.kind === "fail-task" || fault.kind === "delay-task") return false;
  if (fault.method !== undefined && fault.method !== request.method) return false;
  return fault.path === undefined || new RegExp(fault.path).test(request.path);
}

export function claimTaskFault<Kind extends "fail-task" | "delay-task">(
  stateDirectory: string,
  kind: Kind,
  taskType: string,
): Promise<FaultOf<Kind> | undefined> {
  return claimFault(
    stateDirectory,
    (fault): fault is FaultOf<Kind> => fault.kind === kind && concernsTask(fault, taskType),
  );
}

function concernsTask(fault: Fault, taskType: string): boolean {
  if (fault.kind !== "fail-task" && fault.kind !== "delay-task") return false;
  return fault.taskType === undefined || fault.taskType === taskType;
}
