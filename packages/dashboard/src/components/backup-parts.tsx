import type { Backup, BackupPart } from "@berth/shared/api/backups";
import type { Snapshot } from "@berth/shared/operations/backup-source";
import type { JSX } from "preact";
import { formatDuration } from "../format/time.ts";
import { formatBytes } from "@berth/shared/metrics/units";
import { formatCount } from "../format/count.ts";
import { StateMark } from "./state-mark.tsx";

/** What a backup holds, subject by subject. */
export function BackupParts({ backup }: { backup: Backup }): JSX.Element {
  return (
    <div class="parts">
      <p class="secondary">
        Backup <code>{backup.id}</code>
      </p>
      <ul>
        {backup.parts.map((part) => (
          <Part key={part.subject} part={part} />
        ))}
      </ul>
      {backup.secrets.length > 0 && (
        <p class="secondary">
          With the keys that the data are encrypted with: {backup.secrets.map(({ secret }) => secret).join(", ")}
        </p>
      )}
    </div>
  );
}

function Part({ part }: { part: BackupPart }): JSX.Element {
  return (
    <li class="part">
      <StateMark state={part.state} />
      <div>
        <p>
          {part.subject} <span class="secondary">on {part.node}</span>
          {part.stoppedMilliseconds > 0 && (
            <span class="secondary"> · stopped for {formatDuration(part.stoppedMilliseconds)}</span>
          )}
        </p>
        {part.snapshots.map((snapshot) => (
          <p key={`${snapshot.kind} ${snapshot.name}`} class="secondary">
            {snapshotText(snapshot)}
          </p>
        ))}
      </div>
    </li>
  );
}

/** "volume data · 1.20 GiB, 3.1 MiB of it new · 1284 files" */
function snapshotText({ kind, name, bytes, addedBytes, counts }: Snapshot): string {
  const what = kind === name ? kind : `${kind} ${name}`;
  const size = `${formatBytes(bytes)}, ${formatBytes(addedBytes)} of it new`;
  return [what, size, countsText(counts)].filter((text) => text !== "").join(" · ");
}

function countsText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([what, number]) => (what === "files" ? formatCount(number, "file") : `${what} ${number}`))
    .join(", ");
}
