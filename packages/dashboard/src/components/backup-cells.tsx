/** What the tables of backups have in common. */
import type { Backup } from "@berth/shared/api/backups";
import type { JSX } from "preact";
import { backupSize } from "../fleet/backup-rows.ts";
import { formatBytes, notMeasured } from "@berth/shared/metrics/units";
import { Ago } from "./elapsed.tsx";
import { StateMark } from "./state-mark.tsx";
import { TableHead } from "./table-head.tsx";

/** Age, size, verified, in three cells. */
export function BackupCells({
  backup,
  none = notMeasured,
}: {
  backup: Backup | undefined;
  none?: string;
}): JSX.Element {
  const size = backup && backupSize(backup);
  // On a phone, what there is not needs no line.
  const blank = backup ? "" : " blank";
  return (
    <>
      <td class={`column-when${blank}`}>
        {backup ? <Ago moment={backup.createdAt} /> : <span class="muted">{none}</span>}
      </td>
      <td class={`column-size${blank}`}>
        {size ? formatBytes(size.bytes) : notMeasured}
        {size && <span class="secondary"> +{formatBytes(size.addedBytes)}</span>}
      </td>
      <td class="column-verified">
        {backup?.verifiedAt ? <Ago moment={backup.verifiedAt} /> : <span class="muted">no</span>}
      </td>
    </>
  );
}

/** "proven 3 d ago", or that it never was. */
export function Proof({ provenAt }: { provenAt: string | null }): JSX.Element {
  if (provenAt === null) return <StateMark state="unproven" />;
  return (
    <span class="proof">
      <StateMark state="proven" /> <Ago moment={provenAt} />
    </span>
  );
}

export function BackupHead({ first, last, proof }: { first: string; last: string; proof: string }): JSX.Element {
  return (
    <TableHead
      columns={[
        ["column-subject", first],
        ["column-when", last],
        [
          "column-size",
          <>
            Size <span class="secondary">+ new</span>
          </>,
          "What was backed up, and what the repository has grown by",
        ],
        ["column-verified", "Verified", "When the repository was read as a whole and held it"],
        ["column-proven", proof, "When a backup was restored with success"],
      ]}
      more="Parts"
    />
  );
}

export const backupColumns = 7;
