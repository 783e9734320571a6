import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import * as z from "zod";
import { waitFor } from "../src/host/wait.ts";
import { inNamespace } from "../src/network/namespace.ts";
import type { Lab } from "../src/state.ts";

const answerSchema = z.object({ data: z.unknown().optional(), error: z.string().optional() });
const taskSchema = z.object({ status: z.enum(["running", "stopped"]), exitstatus: z.string().optional() });
type Parameters = Record<string, string | number | boolean>;

/** Speaks to the lab's API with the real `proxmox-api`, from inside the lab's network; this process stays outside. */
export class ProxmoxClient {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(child: ChildProcess, answers: AsyncIterator<string>) {
    this.#child = child;
    this.#answers = answers;
  }

  static start(lab: Lab, role: "token" | "root"): ProxmoxClient {
    const script = join(import.meta.dirname, "proxmox-client-process.ts");
    const [file, ...parameters] = inNamespace(lab.namespace, [process.execPath, script, lab.name, role]);
    const child = spawn(file, parameters, { stdio: ["pipe", "pipe", "inherit"] });
    if (child.stdout === null) throw new Error("The client has no standard output");
    return new ProxmoxClient(child, createInterface({ input: child.stdout })[Symbol.asyncIterator]());
  }

  /** The `data` of the answer, or the error that the library throws. One request at a time. */
  request(method: string, path: string, parameters: Parameters = {}): Promise<unknown> {
    const answer = this.#turn.then(async () => {
      this.#child.stdin?.write(`${JSON.stringify({ method, path, parameters })}\n`);
      const line = await this.#answers.next();
      if (line.done === true) throw new Error("The client has ended");
      const { data, error } = answerSchema.parse(JSON.parse(line.value));
      if (error !== undefined) throw new Error(error);
      return data;
    });
    this.#turn = answer.catch(() => undefined);
    return answer;
  }

  /** Sends a request that starts a task, waits for the task and returns its exit status. */
  async perform(method: string, path: string, parameters: Parameters = {}): Promise<string> {
    return this.exitStatus(z.string().parse(await this.request(method, path, parameters)));
  }

  exitStatus(upid: string): Promise<string> {
    return waitFor({
      what: `The end of task ${upid}`,
      deadlineMs: 60_000,
      intervalMs: 50,
      check: async () => {
        const task = taskSchema.parse(await this.request("GET", `/nodes/pve/tasks/${upid}/status`));
        return task.status === "stopped" ? task.exitstatus : undefined;
      },
    });
  }

  async stop(): Promise<void> {
    // The end of the lab ends it too.
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.stdin?.end();
    await ended;
  }
}
