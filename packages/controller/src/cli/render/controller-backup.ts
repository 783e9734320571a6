/** Backups of the controller itself, and what became of one that was rebuilt. Pure. */
import type { ControllerBackup } from "@berth/shared/api/recovery";
import { roundSize } from "@berth/shared/fleet/units";
import type { Rebuilt } from "../../rebuild.ts";
import type { RenderOptions } from "../define-command.ts";
import { printableLine } from "./printable.ts";
import { table } from "./table.ts";
import { formatDuration } from "./time.ts";

export interface ControllerBackups {
  place: string | null;
  backups: readonly ControllerBackup[];
  warnings: readonly string[];
}

/** Nothing for a fleet without backups. */
export function controllerBackupLines(
  { place, backups, warnings }: ControllerBackups,
  options: RenderOptions,
): string[] {
  const { now, style, fit } = options;
  const shown =
    backups.length === 0 ? [] : ["", `The controller's own, in ${printableLine(place ?? "no target any more")}:`];
  return [
    ...shown,
    ...(backups.length === 0
      ? []
      : table(
          backups,
          [
            { title: "BACKUP", value: ({ id }) => id },
            { title: "AGE", value: ({ createdAt }) => formatDuration(now - Date.parse(createdAt)), align: "right" },
            { title: "SIZE", value: ({ bytes }) => (bytes === null ? null : sizeText(bytes)), align: "right" },
            { title: "STATE", value: ({ state }) => state },
            { title: "KEY", value: ({ keyVersion }) => (keyVersion === null ? "?" : `version ${keyVersion}`) },
            { title: "REASON", value: ({ reason }) => reason, leaveOut: 1 },
          ],
          style,
          fit,
        )),
    ...warnings.map((warning) => `${style.yellow("warning:")} ${printableLine(warning)}`),
  ];
}

export function sizeText(bytes: number | null): string {
  if (bytes === null) return "?";
  return bytes < 1024 ** 2 ? `${Math.ceil(bytes / 1024)}KiB` : roundSize(bytes);
}

/** What was done, and what a person has to do. */
export function rebuiltLines(rebuilt: Rebuilt, { style }: RenderOptions): string[] {
  const { backup, backedUpAt, fleet, madeBy, stateDirectory, configuration, address, serve, interruptedRun } = rebuilt;
  const of = (state: string) => configuration.filter((file) => file.state === state).map(({ path }) => path);
  const different = of("different");
  return [
    `The controller${fleet === null ? "" : ` of ${printableLine(fleet)}`} is rebuilt in ${stateDirectory}, as it was at ${backedUpAt} (${backup}, Berth ${madeBy}).`,
    ...of("written").map((path) => `  wrote ${printableLine(path)}`),
    ...different.map(
      (path) => `${style.yellow("warning:")} ${printableLine(path)} was there and differs from the backup's: it stayed`,
    ),
    ...(interruptedRun === null
      ? []
      : [`Run ${interruptedRun} was under way then. It is cancelled, and cannot be resumed.`]),
    "",
    "Next:",
    ...(address === null
      ? []
      : [`  1. Give this machine the address ${printableLine(address)}, where the agents look for it.`]),
    `  2. Make sure that the former controller never starts again: two would work against each other.`,
    `  3. berth serve --install   (it was: berth serve ${printableLine(serve.join(" "))})`,
    "  4. berth status; then apply your fleet file with --plan, and read docs/controller-backup.md about what was changed since.",
  ];
}
