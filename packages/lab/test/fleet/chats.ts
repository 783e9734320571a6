/** Rows in instances of Open WebUI, written and read where they listen. */
import { join } from "node:path";
import { expect } from "vitest";
import * as z from "zod";
import { ensurePackages } from "../../src/host/packages.ts";
import { waitFor } from "../../src/host/wait.ts";
import { runInNamespace, spawnInNamespace, tryInNamespace } from "../../src/network/namespace.ts";
import type { Lab } from "../../src/state.ts";

const program = join(import.meta.dirname, "write-chats.ts");
const chatsSchema = z.array(z.object({ title: z.string() }));

export function urlOf(address: string): string {
  return `http://${address}:3000`;
}

export async function chatTitles(lab: Lab, address: string): Promise<string[]> {
  const answer = await get(lab, `${urlOf(address)}/api/v1/chats`);
  return chatsSchema.parse(JSON.parse(answer)).map(({ title }) => title);
}

/** What answers there: "0.11.2"; undefined when nothing does. */
export async function answeringRelease(lab: Lab, address: string): Promise<string | undefined> {
  const { exitCode, stdout } = await tryInNamespace(lab.namespace, curl(`${urlOf(address)}/api/version`));
  return exitCode === 0 ? z.object({ version: z.string() }).parse(JSON.parse(stdout)).version : undefined;
}

async function get(lab: Lab, url: string): Promise<string> {
  await ensurePackages(["curl"]);
  return runInNamespace(lab.namespace, curl(url));
}

function curl(url: string) {
  return ["curl", "--silent", "--show-error", "--fail", "--max-time", "10", url] as const;
}

interface Acknowledged {
  release: string;
  title: string;
}

/** Writes without a pause into several instances, and knows what each has acknowledged. */
export class Writers {
  readonly #lab: Lab;
  readonly #writers: readonly Writer[];

  private constructor(lab: Lab, writers: readonly Writer[]) {
    this.#lab = lab;
    this.#writers = writers;
  }

  /** Returns once each instance has taken a row. */
  static async start(lab: Lab, addresses: readonly string[], prefix: string): Promise<Writers> {
    const writers = addresses.map((address) => new Writer(lab, address, prefix));
    const all = new Writers(lab, writers);
    for (const writer of writers) await writer.waitForMore();
    return all;
  }

  /**
   * Ends writing, once each instance has taken another row, and expects that every row is there that a release of these
   * has acknowledged. What another one took while it was on probation is set aside.
   */
  async expectNothingLost(releasesAt: (address: string) => readonly (string | undefined)[]): Promise<void> {
    for (const writer of this.#writers) await writer.waitForMore();
    await this.stop();
    for (const { address, acknowledged } of this.#writers) {
      const kept = acknowledged
        .filter(({ release }) => releasesAt(address).includes(release))
        .map(({ title }) => title);
      const present = new Set(await chatTitles(this.#lab, address));
      expect(
        kept.filter((title) => !present.has(title)),
        `rows that ${address} has lost`,
      ).toEqual([]);
      expect(kept.length).toBeGreaterThan(0);
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#writers.map((writer) => writer.stop()));
  }
}

class Writer {
  readonly address: string;
  readonly acknowledged: Acknowledged[] = [];
  readonly #process;

  constructor(lab: Lab, address: string, prefix: string) {
    this.address = address;
    this.#process = spawnInNamespace(lab.namespace, [process.execPath, program, urlOf(address), prefix], {
      reject: false,
      stdin: "ignore",
    });
    void this.#read();
  }

  async #read(): Promise<void> {
    for await (const line of this.#process) {
      const [release = "", title = ""] = line.split(" ");
      this.acknowledged.push({ release, title });
    }
  }

  async waitForMore(): Promise<void> {
    const before = this.acknowledged.length;
    await waitFor({
      what: `A row that ${this.address} takes`,
      deadlineMs: 60_000,
      check: () => (this.acknowledged.length > before ? true : undefined),
    });
  }

  async stop(): Promise<void> {
    this.#process.kill("SIGTERM");
    await this.#process;
  }
}
