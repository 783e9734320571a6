/** The fleet of examples/valuechain in a lab of its own: made by the first test file, converged again for each other. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { catalog } from "@berth/shared/catalog/index";
import { setInFleet } from "@berth/shared/fleet/edit";
import { parseFleet } from "@berth/shared/fleet/parse";
import { listRuns } from "@berth/shared/api/runs";
import { statusSchema, type Status } from "@berth/shared/api/status";
import { inject } from "vitest";
import type * as z from "zod";
import { runBerth } from "../../src/demo/cli.ts";
import { type LabController, repository } from "../../src/demo/controller.ts";
import { fleetLabUp } from "../../src/demo/fleet-lab.ts";
import { waitFor } from "../../src/host/wait.ts";
import type { Lab } from "../../src/state.ts";
import { describeLab } from "../../src/status.ts";
import { ProxmoxClient } from "../proxmox-client.ts";
import { type Guest, guestAt } from "./guest.ts";

/** Tests that take minutes each, and little that others do not show: only where somebody waits for them. */
export const isPatient = process.env["BERTH_TEST_PATIENT"] !== undefined;

const exampleFile = join(repository, "examples/valuechain/fleet.yaml");

export interface Outcome {
  exitCode: number;
  stdout: string;
  stderr: string;
}

export interface BerthOptions {
  input?: string;
  /** Ten minutes unless told. */
  deadlineMs?: number;
}

export class TestFleet {
  readonly lab: Lab;
  readonly controller: LabController;
  readonly account: { name: string; passwordFile: string };
  /** Text of the example's fleet file; its backups are made by command alone, and meet no test at night. */
  readonly example: string;
  /** A file with this text. */
  readonly file: string;

  private constructor(
    lab: Lab,
    controller: LabController,
    account: TestFleet["account"],
    example: string,
    file: string,
  ) {
    this.lab = lab;
    this.controller = controller;
    this.account = account;
    this.example = example;
    this.file = file;
  }

  /** Brings up what is missing of the lab. Says what took its time, since these minutes are most of a test run. */
  static async up(): Promise<TestFleet> {
    const { lab, controller, account } = await fleetLabUp({
      name: inject("labName"),
      pagePort: null,
      onProgress: ({ part, tookMs }) => tookMs !== undefined && tookMs >= 1000 && report(part, tookMs),
    });
    // Nothing begins by itself: it would meet what a test does.
    const quiet = setInFleet(await readFile(exampleFile, "utf8"), ["backups", "schedule"], "0 2 29 2 *");
    const example = setInFleet(quiet, ["backups", "drill"], false);
    const file = join(lab.stateDirectory, "fleet.yaml");
    await writeFile(file, example);
    return new TestFleet(lab, controller, account, example, file);
  }

  /** The real CLI, as somebody at the controller's own machine runs it. */
  async berth(parameters: readonly string[], { input, deadlineMs = 600_000 }: BerthOptions = {}): Promise<Outcome> {
    const { exitCode, timedOut, stdout, stderr } = await runBerth(this.controller.socket, parameters, {
      timeout: deadlineMs,
      ...(input === undefined ? { stdin: "ignore" } : { input }),
    });
    if (timedOut) {
      const command = `berth ${parameters.join(" ")}`;
      throw new Error(`${command} did not end within ${deadlineMs / 1000} s: ${stderr}\n${await this.underWay()}`);
    }
    return { exitCode: exitCode ?? -1, stdout, stderr };
  }

  /** The runs that go on, with their steps and what these said: what a command that does not end waits for. */
  private async underWay(): Promise<string> {
    const { runs } = await this.json(listRuns.response, ["run", "list"]);
    const shown = runs
      .filter(({ state }) => state === "running")
      .flatMap(({ id }) => [
        ["show", id],
        ["logs", id],
      ]);
    const texts = shown.map(([verb, id]) => this.berth(["run", String(verb), String(id)], { deadlineMs: 30_000 }));
    return (await Promise.all(texts)).map(({ stdout }) => stdout).join("\n");
  }

  /** What a command prints; it must end with 0. */
  async succeed(parameters: readonly string[], options?: BerthOptions): Promise<string> {
    const { exitCode, stdout, stderr } = await this.berth(parameters, options);
    if (exitCode !== 0) throw new Error(`berth ${parameters.join(" ")} ended with ${exitCode}: ${stderr}${stdout}`);
    return stdout;
  }

  async json<Schema extends z.ZodType>(
    schema: Schema,
    parameters: readonly string[],
    options?: BerthOptions,
  ): Promise<z.output<Schema>> {
    return schema.parse(JSON.parse(await this.succeed([...parameters, "--json"], options)));
  }

  status(): Promise<Status> {
    return this.json(statusSchema, ["status"]);
  }

  /** Applies a fleet file's text and waits for the end of its run. */
  apply(yaml: string, ...options: string[]): Promise<Outcome> {
    return this.berth(["apply", "-", "--yes", ...options], { input: yaml });
  }

  /** The node of that name from below. */
  async guest(name: string): Promise<Guest> {
    const node = (await this.status()).nodes.find((candidate) => candidate.name === name);
    if (node === undefined) throw new Error(`The fleet has no node ${name}`);
    return guestAt(this.lab, node.address);
  }

  /** Waits until the fleet's status is as wanted. */
  waitForStatus(what: string, deadlineMs: number, isWanted: (status: Status) => boolean): Promise<Status> {
    return waitFor({
      what,
      deadlineMs,
      intervalMs: 500,
      check: async () => {
        const status = await this.status();
        return isWanted(status) ? status : undefined;
      },
    });
  }
}

/** The example's fleet, converged, whatever the file before has left. */
export async function convergedExample(): Promise<TestFleet> {
  const fleet = await TestFleet.up();
  const begun = performance.now();
  await fleet.succeed(["apply", fleet.file, "--prune", "--yes"], { deadlineMs: 1_200_000 });
  report("apply", performance.now() - begun);
  await removeStrays(fleet);
  return fleet;
}

/** Nodes and LXCs of tests that failed half way. */
async function removeStrays(fleet: TestFleet): Promise<void> {
  const { fleet: desired } = parseFleet(fleet.example, fleet.file, catalog);
  if (desired === null) throw new Error(`${fleet.file} has mistakes`);
  const { nodes } = desired;
  for (const { name } of (await fleet.status()).nodes) {
    if (!(name in nodes)) await fleet.succeed(["node", "remove", name, "--keep-agent", "--force"]);
  }
  const strays = (await describeLab(fleet.lab.name)).guests.filter(({ hostname }) => !(hostname in nodes));
  if (strays.length === 0) return;
  const proxmox = ProxmoxClient.start(fleet.lab, "token");
  try {
    for (const { vmid } of strays) {
      await proxmox.perform("DELETE", `/nodes/pve/lxc/${vmid}`, { force: true, purge: true });
    }
  } finally {
    await proxmox.stop();
  }
}

export function report(part: string, tookMs: number): void {
  process.stderr.write(`${part} took ${(tookMs / 1000).toFixed(1)} s\n`);
}
