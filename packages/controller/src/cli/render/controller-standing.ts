/** How the controller's own backup stands, in the lines below the others'. Pure. */
import type { ControllerStanding } from "@berth/shared/api/status";
import type { RenderOptions } from "../define-command.ts";
import { troubleText } from "./backup-status.ts";
import { printableLine } from "./printable.ts";
import { wrapSentence } from "./text.ts";
import { formatAge, formatDuration } from "./time.ts";

/** Nothing for a fleet without backups: that nothing is backed up is told then. */
export function controllerStandingLines(standing: ControllerStanding | undefined, options: RenderOptions): string[] {
  if (standing === undefined) return [];
  const { now, style, fit } = options;
  const { newest, lateSince, failed } = standing;
  const warnings = [...backupWarning(standing, now), ...keyWarning(standing)];
  const isInTime = newest !== null && lateSince === null && failed === null;
  return [
    ...(isInTime
      ? wrapSentence(
          `The controller's own backup is in time: the newest is ${formatDuration(now - Date.parse(newest.createdAt))} old.`,
          fit,
        )
      : []),
    ...warnings.flatMap((warning) => wrapSentence(`${style.yellow("warning:")} ${warning}`, fit, "  ")),
  ];
}

function backupWarning({ newest, lateSince, failed }: ControllerStanding, now: number): string[] {
  if (lateSince === null && failed === null)
    return newest === null ? ["there is no backup of the controller yet: `berth controller backup` makes one."] : [];
  const reason = failed?.error === null || failed === null ? "" : `: ${printableLine(failed.error)}`;
  const failure = failed === null ? null : `failed ${formatAge(failed.createdAt, now)}${reason}`;
  return [`the backup of the controller ${troubleText({ newest, lateSince, failure }, now)}`];
}

function keyWarning({ recoveryKey, newest }: ControllerStanding): string[] {
  if (recoveryKey === null) return [];
  if (recoveryKey.shownAt === null)
    return [
      "nobody has the key that opens the controller's backups: keep what `berth controller recovery-key` prints, elsewhere.",
    ];
  if (newest === null || newest.keyVersion === null || newest.keyVersion >= recoveryKey.version) return [];
  return [
    `the newest backup of the controller is opened by version ${newest.keyVersion} of the recovery key: \`berth controller backup\` makes one for the present key.`,
  ];
}
