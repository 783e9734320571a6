/** Backups as a table, and one in full. Pure. */
import type { Backup, BackupPart, LateBackup } from "@berth/shared/api/backups";
import { roundSize } from "@berth/shared/fleet/units";
import type { RenderOptions } from "../define-command.ts";
import { printableLine } from "./printable.ts";
import type { Style } from "./style.ts";
import { properties, table } from "./table.ts";
import { count } from "./text.ts";
import { formatAge, formatDuration } from "./time.ts";

export function backupLines(backups: readonly Backup[], { now, style, fit }: RenderOptions): string[] {
  if (backups.length === 0) return ["No backups yet. `berth backup create --all` makes them."];
  return table(
    backups,
    [
      { title: "BACKUP", value: ({ id }) => id },
      { title: "AGE", value: ({ createdAt }) => formatDuration(now - Date.parse(createdAt)), align: "right" },
      { title: "SIZE", value: (backup) => sizeText(backup, "bytes"), align: "right" },
      { title: "ADDED", value: (backup) => sizeText(backup, "addedBytes"), align: "right", leaveOut: 2 },
      { title: "STATE", value: ({ state }) => state, paint: (text, { state }) => statePaint(state, style)(text) },
      { title: "VERIFIED", value: ({ verifiedAt }) => sinceOf(verifiedAt, now, "no"), align: "right" },
      { title: "PROVEN", value: ({ provenAt }) => sinceOf(provenAt, now, "unproven"), align: "right" },
      { title: "REASON", value: ({ reason }) => reason, leaveOut: 1 },
    ],
    style,
    fit,
  );
}

export function lateLines(late: readonly LateBackup[], { now, style }: RenderOptions): string[] {
  return late.map(
    ({ owner, dueAt }) =>
      `${style.yellow("warning:")} the backup of ${printableLine(owner)} is late: it was due ${formatAge(dueAt, now)}`,
  );
}

export function backupProperties(backup: Backup, options: RenderOptions): string[] {
  const { now, style, fit } = options;
  const { id, subject, owner, run, createdAt, state, reason, location, parts, secrets, verifiedAt, provenAt } = backup;
  return [
    ...properties(
      [
        ["backup", printableLine(id)],
        ["of", printableLine(subject === owner ? owner : `${subject}, in the repository of ${owner}`)],
        ["made", `${formatAge(createdAt, now)} (${createdAt}), ${reasonText[reason]}`],
        ["state", state],
        ["kept at", location === null ? null : printableLine(location)],
        ["size", `${sizeText(backup, "bytes") ?? "?"}, of which ${sizeText(backup, "addedBytes") ?? "?"} were new`],
        ["verified", ageOf(verifiedAt, now, "no: `berth backup verify` reads it")],
        ["proven", ageOf(provenAt, now, "unproven: it was never restored as a whole")],
        ["secrets", secrets.length === 0 ? null : printableLine(secrets.map(({ secret }) => secret).join(", "))],
        ["run", String(run)],
      ],
      style,
      fit,
    ),
    "",
    ...partLines(parts, options),
  ];
}

function partLines(parts: readonly BackupPart[], { style, fit }: RenderOptions): string[] {
  const rows = parts.flatMap((part) => {
    const snapshots = part.snapshots.length === 0 ? [undefined] : part.snapshots;
    return snapshots.map((snapshot) => ({ part, snapshot }));
  });
  return table(
    rows,
    [
      { title: "PART", value: ({ part }) => part.subject },
      { title: "NODE", value: ({ part }) => part.node, leaveOut: 1 },
      { title: "STATE", value: ({ part }) => part.state },
      { title: "HOLDS", value: ({ snapshot }) => snapshot?.name },
      {
        title: "SIZE",
        value: ({ snapshot }) => (snapshot === undefined ? null : size(snapshot.bytes)),
        align: "right",
      },
      { title: "STOPPED", value: ({ part }) => stoppedText(part), align: "right" },
      { title: "COUNTS", value: ({ snapshot }) => countsText(snapshot?.counts ?? {}), cutTo: 10 },
    ],
    style,
    fit,
  );
}

const reasonText: Readonly<Record<Backup["reason"], string>> = {
  manual: "by hand",
  schedule: "by the schedule",
  final: "before its tenant was removed",
  "before-restore": "before a restore",
  "before-upgrade": "before an upgrade",
};

function statePaint(state: Backup["state"], style: Style): (text: string) => string {
  if (state === "complete") return style.green;
  return state === "running" ? style.cyan : style.red;
}

function ageOf(time: string | null, now: number, otherwise: string): string {
  return time === null ? otherwise : formatAge(time, now);
}

/** The same for a column, whose title says the rest. */
function sinceOf(time: string | null, now: number, otherwise: string): string {
  return time === null ? otherwise : formatDuration(now - Date.parse(time));
}

/** null: nothing is there yet. */
function sizeText({ parts }: Pick<Backup, "parts">, of: "bytes" | "addedBytes"): string | null {
  const snapshots = parts.flatMap((part) => part.snapshots);
  return snapshots.length === 0 ? null : size(snapshots.reduce((sum, snapshot) => sum + snapshot[of], 0));
}

const mebibyte = 1024 ** 2;

function size(bytes: number): string {
  return bytes > 0 && bytes < mebibyte ? `${Math.ceil(bytes / 1024)}KiB` : roundSize(bytes);
}

function stoppedText({ stoppedMilliseconds }: BackupPart): string | null {
  return stoppedMilliseconds === 0 ? null : formatDuration(stoppedMilliseconds, true);
}

function countsText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([what, number]) => (what === "files" ? count(number, "file") : `${what} ${number}`))
    .join(", ");
}
