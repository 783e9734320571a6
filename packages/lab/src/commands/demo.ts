/** `berth demo`: the fleet of the design document on this machine, real but for Proxmox VE and what cannot be had offline. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { runBerth } from "../demo/cli.ts";
import { repository } from "../demo/controller.ts";
import { fleetLabDown, fleetLabUp, type FleetLab } from "../demo/fleet-lab.ts";
import { localDemoApply, localDemoDown, localDemoUp } from "../demo/local.ts";
import { formatSeconds, ProgressPrinter } from "../demo/progress-printer.ts";
import { runProgram } from "./run-program.ts";

interface DemoOptions {
  name: string;
  port: string;
  fleet: string;
  detach?: boolean;
  down?: boolean;
  local?: boolean;
  registryMirror?: string;
  registryMirrorCa?: string;
}

const example = join(repository, "examples/valuechain/fleet.yaml");

const program = new Command("berth demo")
  .description(
    "Makes the fleet of examples/valuechain on this machine: a network of its own with a stand-in for Proxmox VE, four real " +
      "LXCs with a Docker engine each, and the controller that provisions them. Run twice, it changes nothing.",
  )
  .option("-d, --detach", "end when the fleet has converged, and leave it running")
  .option("--down", "remove the demo without a trace")
  .option("--local", "one node and one tenant on this machine's own Docker engine; needs neither root nor a lab")
  .option("--registry-mirror <host:port>", "with --local: registry in front of every image")
  .option("--registry-mirror-ca <file>", "with --local: PEM of the mirror's CA")
  .option("-n, --name <name>", "name of the lab", "demo")
  .option("-p, --port <port>", "port of 127.0.0.1 for the page; the next free one if it is taken", "8420")
  .option("-f, --fleet <file>", "fleet file", example)
  .addHelpText("after", "\nExamples:\n  berth demo --detach\n  berth status\n  berth demo --down\n  berth demo --local")
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
  const fleetLab = await fleetLabUp({ name: options.name, pagePort: Number(options.port), onProgress: printer.show });
  const prepared = performance.now();
  const { exitCode } = await runBerth(fleetLab.controller.socket, ["apply", options.fleet, "--yes"], {
    stdio: "inherit",
  });
  const converged = performance.now();
  if (exitCode !== 0) {
    process.stderr.write(
      "\nThe fleet did not converge. Run the same command again to carry on, or `berth run list` to see more.\n",
    );
    process.exitCode = exitCode ?? 1;
    return;
  }
  await printEnd(fleetLab, { lab: prepared - begun, fleet: converged - prepared, total: converged - begun });
  if (options.detach !== true) await untilInterrupted();
}

async function printEnd(
  { pageUrl, account, timings }: FleetLab,
  took: { lab: number; fleet: number; total: number },
): Promise<void> {
  const parts = Object.entries(timings)
    .filter(([, milliseconds]) => milliseconds >= 1000)
    .map(([part, milliseconds]) => `${part} ${formatSeconds(milliseconds)}`);
  const password = await readFile(account.passwordFile, "utf8");
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
      "Try next:",
      "  ./berth status",
      "  ./berth apply examples/valuechain/fleet.yaml --plan",
      "  ./berth logs user1-n8n --follow",
      "  ./berth exec shared-postgres -- psql -U postgres -l",
      "  ./berth demo --down",
      "",
    ].join("\n"),
  );
}

/** In the foreground, the demo stays to be looked at; Ctrl-C leaves it running. */
async function untilInterrupted(): Promise<void> {
  process.stdout.write("Ctrl-C ends this command; the fleet goes on until `./berth demo --down`.\n");
  await new Promise<void>((resolve) => {
    const idle = setInterval(() => undefined, 2 ** 30);
    process.once("SIGINT", () => {
      clearInterval(idle);
      resolve();
    });
  });
}

await runProgram(program);
