/** Making the controller a systemd service of this machine, and taking it away. */
import { access, mkdir, rm, writeFile } from "node:fs/promises";
import { BerthError } from "@berth/shared/errors";
import { execa, ExecaError } from "execa";
import { unitFile, unitName, unitPath, type UnitOptions } from "./unit.ts";

const commandDeadlineMilliseconds = 60_000;

/** Writes the unit, enables it and (re)starts the service. Done twice, it changes nothing but restarts it. */
export async function installService(options: UnitOptions): Promise<void> {
  await requireSystemd();
  for (const directory of [options.stateDirectory, ...options.socketDirectories]) {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  }
  await writeFile(unitPath, unitFile(options), { mode: 0o644 });
  await systemctl("daemon-reload");
  await systemctl("enable", unitName);
  await systemctl("restart", unitName);
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
