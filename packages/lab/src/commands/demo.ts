/** `berth demo`: the fleet of the design document on this machine, real but for Proxmox VE and what cannot be had offline. */
import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { Command } from "commander";
import { getStatus } from "@berth/shared/api/status";
import { catalog } from "@berth/shared/catalog/index";
import { interrupted, labCli } from "../demo/cli.ts";
import { repository } from "../demo/controller.ts";
import { convergeFleet } from "../demo/converge.ts";
import { fleetLabDown, fleetLabUp, type FleetLab } from "../demo/fleet-lab.ts";
import { firstTenantsPages, openInstancePages } from "../demo/instance-pages.ts";
import { localDemoApply, localDemoDown, localDemoUp } from "../demo/local.ts";
import { downCommand, nextSteps } from "../demo/next-steps.ts";
import { formatSeconds, ProgressPrinter } from "../demo/progress-printer.ts";
import { runProgram } from "./run-program.ts";

interface DemoOptions {
  name: string;
  port: string;
  fleet?: string;
  detach?: boolean;
  down?: boolean;
  local?: boolean;
  registryMirror?: string;
  registryMirrorCa?: string;
}

/** As the user would write it. */
const example = relative(process.cwd(), join(repository, "examples/valuechain/fleet.yaml"));
/** Of the first instance's page, counted from the port of Berth's own. */
const instancePortOffset = 20;

const program = new Command("berth demo")
  .description(
    "Makes the fleet of examples/valuechain on this machine: a network of its own with a stand-in for Proxmox VE, four real " +
      "LXCs with a Docker engine each, and the controller that provisions them. Run again, it carries on with what is missing and mends what is broken; a fleet that you changed stays changed.",
  )
  .option("-d, --detach", "end when the fleet has converged, and leave it running")
  .option("--down", "remove the demo without a trace")
  .option("--local", "one node and one tenant on this machine's own Docker engine; needs neither root nor a lab")
  .option("--registry-mirror <host:port>", "with --local: registry in front of every image")
  .option("--registry-mirror-ca <file>", "with --local: PEM of the mirror's CA")
  .option("-n, --name <name>", "name of the lab", "demo")
  .option("-p, --port <port>", "port of 127.0.0.1 for the page; the next free one if it is taken", "8420")
  .option("-f, --fleet <file>", "fleet file (default: the example, or the fleet as you changed it)")
  .addHelpText(
    "after",
    "\nExamples:\n  ./berth demo --detach\n  ./berth status\n  ./berth demo --down\n  ./berth demo --local",
  )
  .action(async (options: DemoOptions) => {
    const printer = new ProgressPrinter(process.stderr);
    if (options.local === true) {
      await local(options);
      return;
    }
    if (options.down === true) {
      await fleetLabDown({ name: options.name, onProgress: printer.show });
      return;
    }
    await up(options, printer);
  });

async function local(options: DemoOptions): Promise<void> {
  if (options.down === true) {
    await localDemoDown();
    return;
  }
  const { port, registryMirror, registryMirrorCa } = options;
  const demo = await localDemoUp({
    pagePort: Number(port),
    ...(registryMirror === undefined ? {} : { registryMirror }),
    ...(registryMirrorCa === undefined ? {} : { registryMirrorCa }),
  });
  process.exitCode = await localDemoApply(demo);
  const password = await readFile(demo.account.passwordFile, "utf8");
  process.stdout.write(`\n  Page      ${demo.pageUrl}\n  Account   ${demo.account.name}\n  Password  ${password}\n\n`);
  process.stdout.write(
    `  export BERTH_CONTROLLER=unix:${demo.socket}\n  ./berth status\n  ./berth demo --local --down\n`,
  );
}

async function up(options: DemoOptions, printer: ProgressPrinter): Promise<void> {
  const begun = performance.now();
  const fleetLab = await interruptible(options.name, () =>
    fleetLabUp({ name: options.name, pagePort: Number(options.port), onProgress: printer.show }),
  );
  const prepared = performance.now();
  const cli = labCli(fleetLab.controller.socket);
  const exitCode = await convergeFleet(cli, { file: options.fleet, example }, (sentence) =>
    process.stderr.write(`\n${sentence}\n`),
  );
  const converged = performance.now();
  if (exitCode !== 0) {
    process.stderr.write(
      exitCode === interrupted
        ? `\nA run that has begun goes on by itself. Run the same command again to follow it, or remove everything: ${downCommand(options.name)}\n`
        : "\nThe fleet did not converge. Run the same command again to carry on; `./berth run list` shows more.\n",
    );
    process.exitCode = exitCode;
    return;
  }
  await printEnd(options, fleetLab, { lab: prepared - begun, fleet: converged - prepared, total: converged - begun });
  if (options.detach !== true) await untilInterrupted(options.name);
}

/** While the lab is being made, Ctrl-C ends this process at once, and says what stays. */
async function interruptible<Result>(labName: string, action: () => Promise<Result>): Promise<Result> {
  const end = (): never => {
    process.stderr.write(
      `\nInterrupted while the lab was being made; what there is of it stays. Run the same command again to carry on, or remove it: ${downCommand(labName)}\n`,
    );
    process.exit(interrupted);
  };
  process.once("SIGINT", end);
  try {
    return await action();
  } finally {
    process.off("SIGINT", end);
  }
}

async function printEnd(
  options: DemoOptions,
  { lab, controller, pageUrl, account, timings }: FleetLab,
  took: { lab: number; fleet: number; total: number },
): Promise<void> {
  const parts = Object.entries(timings)
    .filter(([, milliseconds]) => milliseconds >= 1000)
    .map(([part, milliseconds]) => `${part} ${formatSeconds(milliseconds)}`);
  const password = await readFile(account.passwordFile, "utf8");
  const { socket } = controller;
  const status = await labCli(socket).ask(["status"], getStatus.response);
  const addresses = firstTenantsPages(status, catalog);
  const pages = await openInstancePages(lab, addresses, Number(options.port) + instancePortOffset);
  process.stdout.write(
    [
      "",
      `Converged in ${formatSeconds(took.total)}: lab ${formatSeconds(took.lab)}${parts.length === 0 ? "" : ` (${parts.join(", ")})`}, fleet ${formatSeconds(took.fleet)}.`,
      "",
      `  Page      ${pageUrl ?? "none"}`,
      `  Account   ${account.name}`,
      // The password of a throw-away account that exists on this machine only.
      `  Password  ${password}`,
      "",
      ...nextSteps({ labName: options.name, socket, status, pages }),
      "",
    ].join("\n"),
  );
}

/** In the foreground, the demo stays to be looked at; Ctrl-C leaves it running. */
async function untilInterrupted(labName: string): Promise<void> {
  process.stdout.write(`\nCtrl-C ends this command; the fleet goes on until \`${downCommand(labName)}\`.\n`);
  await new Promise<void>((resolve) => {
    const idle = setInterval(() => undefined, 2 ** 30);
    process.once("SIGINT", () => {
      clearInterval(idle);
      resolve();
    });
  });
}

await runProgram(program);
