import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { readIfPresent, writeWhole } from "../host/files.ts";
import { processStartTime } from "../host/processes.ts";
import { failure } from "./failures.ts";
import { claimTaskFault } from "./faults.ts";

const taskSchema = z.object({
  upid: z.string(),
  node: z.string(),
  pid: z.int(),
  pstart: z.int(),
  starttime: z.int(),
  type: z.string(),
  id: z.string(),
  /** "root@pam", or "berth@pve!controller" for a token. */
  authUser: z.string(),
  endtime: z.int().optional(),
  /** "OK", or the error's text; absent while it runs. */
  exitstatus: z.string().optional(),
  log: z.array(z.string()),
});
export type Task = z.infer<typeof taskSchema>;

/** What a task writes into its log. */
export type TaskLog = (line: string) => void;

export interface TaskRequest {
  type: string;
  id: string;
  authUser: string;
  work: (log: TaskLog) => Promise<void>;
}

/** The worker processes of Proxmox VE: asynchronous work with an id, a log and an exit status that outlive it. */
export class TaskRunner {
  readonly #node: string;
  readonly #stateDirectory: string;
  readonly #directory: string;
  readonly #tasks = new Map<string, Task>();
  #counter = 0;

  constructor(node: string, stateDirectory: string) {
    this.#node = node;
    this.#stateDirectory = stateDirectory;
    this.#directory = join(stateDirectory, "proxmox", "tasks");
  }

  /** Reads the tasks of former runs. One that was running died with its process, as a killed worker of Proxmox VE does. */
  async open(): Promise<void> {
    await mkdir(this.#directory, { recursive: true });
    for (const name of await readdir(this.#directory)) {
      const content = name.endsWith(".json") ? await readIfPresent(join(this.#directory, name)) : undefined;
      if (content === undefined) continue;
      const task = taskSchema.parse(JSON.parse(content));
      if (task.exitstatus === undefined) {
        await this.#finish(task, "unexpected status");
      }
      this.#tasks.set(task.upid, task);
    }
  }

  /** Starts the work and returns the task's UPID at once. */
  async start(request: TaskRequest): Promise<string> {
    const pstart = Number(await processStartTime(process.pid)) + this.#counter++;
    const starttime = Math.floor(Date.now() / 1000);
    const hex = (value: number): string => value.toString(16).toUpperCase().padStart(8, "0");
    const upid = `UPID:${this.#node}:${hex(process.pid)}:${hex(pstart)}:${hex(starttime)}:${request.type}:${request.id}:${request.authUser}:`;
    const { type, id, authUser } = request;
    const task: Task = { upid, node: this.#node, pid: process.pid, pstart, starttime, type, id, authUser, log: [] };
    this.#tasks.set(upid, task);
    await this.#save(task);
    void this.#run(task, request.work);
    return upid;
  }

  async #run(task: Task, work: TaskRequest["work"]): Promise<void> {
    try {
      const delay = await claimTaskFault(this.#stateDirectory, "delay-task", task.type);
      if (delay !== undefined) await sleep(delay.delayMs);
      const fault = await claimTaskFault(this.#stateDirectory, "fail-task", task.type);
      if (fault !== undefined) throw failure(fault.message);
      await work((line) => task.log.push(line));
      await this.#finish(task, "OK");
    } catch (error) {
      await this.#finish(task, error instanceof Error ? error.message : String(error));
    }
  }

  async #finish(task: Task, exitstatus: string): Promise<void> {
    task.log.push(exitstatus === "OK" ? "TASK OK" : `TASK ERROR: ${exitstatus}`);
    task.endtime = Math.floor(Date.now() / 1000);
    task.exitstatus = exitstatus.replaceAll("\n", " ");
    await this.#save(task);
  }

  async #save(task: Task): Promise<void> {
    const name = task.upid.replaceAll(/[^\w]/g, "-");
    await writeWhole(join(this.#directory, `${name}.json`), JSON.stringify(task));
  }

  /** The task of a UPID, or Proxmox VE's error for one that never was. */
  find(upid: string): Task {
    const task = this.#tasks.get(upid);
    if (task !== undefined) return task;
    if (!/^UPID:[\w-]+:[0-9A-F]{8}:[0-9A-F]{8,9}:[0-9A-F]{8}:[^:\s]+:[^:\s]*:[^:\s]+:$/.test(upid)) {
      throw failure(`unable to parse worker upid '${upid}'`);
    }
    throw failure("no such task");
  }

  /** Newest first. */
  list(): Task[] {
    return [...this.#tasks.values()].toReversed();
  }
}

/** A task as GET …/tasks and GET …/tasks/{upid}/status show it. */
export function describeTask(task: Task): Record<string, unknown> {
  const [user, tokenid] = task.authUser.split("!");
  const { upid, node, pid, pstart, starttime, type, id } = task;
  return {
    upid,
    node,
    pid,
    pstart,
    starttime,
    type,
    id,
    user,
    ...(tokenid === undefined ? {} : { tokenid }),
    status: task.exitstatus === undefined ? "running" : "stopped",
    ...(task.exitstatus === undefined ? {} : { exitstatus: task.exitstatus }),
  };
}
