/** Making the controller a systemd service of this machine, and taking it away. */
import { access, mkdir, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { getVersion } from "@berth/shared/api/status";
import { BerthError } from "@berth/shared/errors";
import { execa, ExecaError } from "execa";
import pRetry from "p-retry";
import { createClient } from "../client/client.ts";
import { unitFile, unitName, unitPath, type UnitOptions } from "./unit.ts";

const commandDeadlineMilliseconds = 60_000;
const startDeadlineMilliseconds = 20_000;

export interface InstallOptions extends UnitOptions {
  /** Where the controller answers once it is up. */
  socket: string;
}

/**
 * Writes the unit, enables it, (re)starts the service and returns once the controller answers. Done twice, it changes
 * nothing but restarts it.
 */
export async function installService(options: InstallOptions): Promise<void> {
  await requireSystemd();
  for (const path of options.command.filter((argument) => argument.startsWith("/"))) await requireReachable(path);
  for (const directory of [options.stateDirectory, ...options.socketDirectories]) {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  }
  await writeFile(unitPath, unitFile(options), { mode: 0o644 });
  await systemctl("daemon-reload");
  await systemctl("enable", unitName);
  await systemctl("restart", unitName);
  await untilAnswering(options.socket);
}

/** Stops and removes the service. The state directory stays. Returns whether there was one. */
export async function uninstallService(): Promise<boolean> {
  await requireSystemd();
  if (!(await exists(unitPath))) return false;
  await systemctl("disable", "--now", unitName);
  await rm(unitPath);
  await systemctl("daemon-reload");
  return true;
}

async function requireSystemd(): Promise<void> {
  if (process.getuid?.() !== 0) {
    throw new BerthError("forbidden", "Only root can install or remove a systemd service.", {
      hint: "Run the command again with sudo, or run the controller yourself with `berth serve`.",
    });
  }
  if (await exists("/run/systemd/system")) return;
  throw new BerthError("host.unsupported", "This machine does not run systemd.", {
    hint: "Start `berth serve` by whatever starts services here.",
  });
}

/** The service is root without the capability to pass closed doors: it sees what everybody or root by name may see. */
async function requireReachable(path: string): Promise<void> {
  for (let directory = dirname(path); directory !== "/"; directory = dirname(directory)) {
    if (!(await exists(directory))) continue;
    const { uid, mode } = await stat(directory);
    if ((mode & (uid === 0 ? 0o100 : 0o001)) !== 0) continue;
    throw new BerthError("forbidden", `The service could not enter ${directory}, which ${path} is in.`, {
      hint: "Put Berth's folder and its state where root owns the way to it, such as /opt/berth and /var/lib/berth.",
    });
  }
}

async function untilAnswering(socket: string): Promise<void> {
  const client = createClient({ kind: "unix", socket }, { raw: true });
  try {
    await pRetry(() => client.call(getVersion, {}), {
      retries: Number.POSITIVE_INFINITY,
      minTimeout: 100,
      maxTimeout: 1000,
      maxRetryTime: startDeadlineMilliseconds,
    });
  } catch (error) {
    const reason = await lastComplaint();
    throw new BerthError(
      "controller.unreachable",
      `${unitName} is installed, but does not answer within ${startDeadlineMilliseconds / 1000} s${reason === undefined ? "" : `: ${reason}`}`,
      { hint: `\`journalctl --unit ${unitName}\` shows more. systemd goes on trying to start it.`, cause: error },
    );
  }
}

/** The last `error: …` that the controller wrote, without the word. */
async function lastComplaint(): Promise<string | undefined> {
  const options = ["--unit", unitName, "--lines", "50", "--output", "cat", "--no-pager"];
  const { stdout } = await execa("journalctl", options, { reject: false, timeout: commandDeadlineMilliseconds });
  return stdout
    .split("\n")
    .findLast((line) => line.startsWith("error: "))
    ?.slice("error: ".length);
}

async function systemctl(...options: string[]): Promise<void> {
  try {
    await execa("systemctl", options, { timeout: commandDeadlineMilliseconds });
  } catch (error) {
    const said = error instanceof ExecaError ? error.stderr : "";
    throw new BerthError("internal", `\`systemctl ${options.join(" ")}\` failed: ${String(said).trim()}`, {
      hint: `\`journalctl --unit ${unitName}\` shows what the controller said.`,
      cause: error,
    });
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
