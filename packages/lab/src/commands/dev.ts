/** `berth dev`: a lab that stays up, with a controller that is built and started again at each change of a source. */
import { watch } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { execa } from "execa";
import { ensureController, repository, stopController } from "../demo/controller.ts";
import { fleetLabDown, fleetLabUp } from "../demo/fleet-lab.ts";
import { formatSeconds, ProgressPrinter } from "../demo/progress-printer.ts";
import type { Lab } from "../state.ts";
import { runProgram } from "./run-program.ts";

/** An editor writes several files at once: changes within this time are one. */
const quietMilliseconds = 200;

const program = new Command("berth dev")
  .description(
    "Keeps a lab up, watches the sources, and builds and restarts the controller at each change. The fleet stays.",
  )
  .option("-n, --name <name>", "name of the lab", "dev")
  .option("-p, --port <port>", "port of 127.0.0.1 for the page", "8430")
  .option("--down", "remove the lab")
  .addHelpText(
    "after",
    "\nExample:\n  ./berth dev\n  BERTH_CONTROLLER=unix:/run/berth-lab/dev/controller.sock ./berth status",
  )
  .action(async ({ name, port, down }: { name: string; port: string; down?: boolean }) => {
    const printer = new ProgressPrinter(process.stderr);
    if (down === true) {
      await fleetLabDown({ name, onProgress: printer.show });
      return;
    }
    const { lab, controller, pageUrl, account } = await fleetLabUp({
      name,
      pagePort: Number(port),
      onProgress: printer.show,
    });
    process.stdout.write(`Page ${pageUrl}, account ${account.name}, password in ${account.passwordFile}\n`);
    process.stdout.write(
      `export BERTH_CONTROLLER=unix:${controller.socket}\nWatching packages/*/src. Ctrl-C leaves the lab up.\n`,
    );
    for await (const _ of changes(join(repository, "packages"))) await rebuild(lab);
  });

async function rebuild(lab: Lab): Promise<void> {
  const begun = performance.now();
  const { exitCode } = await execa("turbo", ["run", "build", "--output-logs=errors-only"], {
    cwd: repository,
    stdio: ["ignore", "ignore", "inherit"],
    reject: false,
    env: { TURBO_TELEMETRY_DISABLED: "1" },
  });
  if (exitCode !== 0) return;
  await stopController(lab);
  await ensureController(lab);
  process.stdout.write(`Built and restarted in ${formatSeconds(performance.now() - begun)}\n`);
}

/** Yields once after each burst of changes to a source. */
async function* changes(directory: string): AsyncGenerator<void> {
  let pending: NodeJS.Timeout | undefined;
  let announce: (() => void) | undefined;
  const settled = () => new Promise<void>((resolve) => (announce = resolve));
  let next = settled();
  const watching = (async () => {
    for await (const { filename } of watch(directory, { recursive: true })) {
      if (filename === null || !/^[a-z]+\/src\//.test(filename)) continue;
      clearTimeout(pending);
      pending = setTimeout(() => announce?.(), quietMilliseconds);
    }
  })();
  for (;;) {
    await Promise.race([next, watching]);
    next = settled();
    yield;
  }
}

await runProgram(program);
