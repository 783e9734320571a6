import { listBackups, type Backup } from "@berth/shared/api/backups";
import type { ControllerStanding, OwnerBackups } from "@berth/shared/api/status";
import type { JSX } from "preact";
import { call } from "../api/client.ts";
import { BackupCells, backupColumns, BackupHead, Proof } from "../components/backup-cells.tsx";
import { BackupParts } from "../components/backup-parts.tsx";
import { ControllerBackup } from "../components/controller-backup.tsx";
import { Command, Commands } from "../components/command.tsx";
import { DisclosureRow } from "../components/disclosure-row.tsx";
import { Ago } from "../components/elapsed.tsx";
import { ErrorNotice } from "../components/error-notice.tsx";
import { Page } from "../components/page.tsx";
import { SeverityMark, StateMark } from "../components/state-mark.tsx";
import { formerOwners, ownerRows, troubleText, unproven, type OwnerRow } from "../fleet/backup-rows.ts";
import { formatCount } from "../format/count.ts";
import { ownerBackupsPath, runPath } from "../routes/route.ts";
import { useAnswer, useFleetStatus } from "../session/use-answer.ts";

const askBackups = async (signal: AbortSignal): Promise<readonly Backup[]> =>
  (await call(listBackups, { query: {}, signal })).backups;

/** Whose backups there are, how old, and whether they are known to be worth something. */
export function BackupsPage(): JSX.Element {
  const { answer: status, error } = useFleetStatus();
  const { answer: backups, error: listError } = useAnswer(askBackups);
  const failed = error ?? listError;
  return (
    <Page title="Backups">
      {failed && <ErrorNotice error={failed} what="Backups" />}
      {(status === undefined || backups === undefined) && !failed && (
        <p class="muted">Waiting for the controller to tell of its backups.</p>
      )}
      {status && backups && <BackupsBody owners={status.backups} own={status.controllerBackup} backups={backups} />}
    </Page>
  );
}

interface BackupsBodyProps {
  /** undefined: the fleet file has no backups. */
  owners: readonly OwnerBackups[] | undefined;
  /** The controller's. */
  own: ControllerStanding | undefined;
  backups: readonly Backup[];
}

function BackupsBody({ owners, own, backups }: BackupsBodyProps): JSX.Element {
  const rows = ownerRows(owners ?? [], backups);
  const former = formerOwners(owners ?? [], backups);
  return (
    <>
      {owners === undefined ? <NotSetUp /> : <Summary owners={owners} />}
      {own && <ControllerBackup standing={own} />}
      {rows.length > 0 && <OwnerTable rows={rows} />}
      {former.length > 0 && (
        <section aria-labelledby="former-title">
          <h2 id="former-title">
            Kept <span class="secondary">of owners that are not backed up any more: removed, or suspended</span>
          </h2>
          <OwnerTable rows={former} />
        </section>
      )}
      {owners !== undefined && (
        <Commands
          of={[
            ["Back up everything now", "berth backup create --all"],
            ["Read every repository and check it", "berth backup verify"],
            ["Prove backups by restoring them on trial", "berth backup drill"],
            ["Back up the controller itself now", "berth controller backup"],
          ]}
        />
      )}
    </>
  );
}

function NotSetUp(): JSX.Element {
  return (
    <div class="notice">
      <p>
        Nothing is backed up: the fleet file has no <code>backups:</code> section yet. It takes a target: an
        S3-compatible store, an SFTP server, or a directory that every node has; docs/backups.md shows each. Then:
      </p>
      <Command text="berth apply fleet.yaml" />
    </div>
  );
}

function Summary({ owners }: { owners: readonly OwnerBackups[] }): JSX.Element {
  const trouble = troubleText(owners);
  const without = unproven(owners);
  const proof = without.length === 0 ? "" : ` ${without.length} never proven by a restore.`;
  if (owners.length === 0) return <p class="muted">Nothing in the fleet holds anything that is backed up.</p>;
  return (
    <p class="summary-line">
      <SeverityMark severity={trouble === "" ? "good" : "warning"} />
      <span>
        {formatCount(owners.length, "owner")}, {trouble === "" ? "none late" : trouble}.{proof}
      </span>
    </p>
  );
}

function OwnerTable({ rows }: { rows: readonly OwnerRow[] }): JSX.Element {
  return (
    <table class="list backups">
      <BackupHead first="Owner" last="Newest" proof="Last proven" />
      <tbody>
        {rows.map((row) => (
          <Owner key={row.owner} row={row} />
        ))}
      </tbody>
    </table>
  );
}

function Owner({ row }: { row: OwnerRow }): JSX.Element {
  const { owner, standing, newest, provenAt } = row;
  return (
    <DisclosureRow
      name={owner}
      about={owner}
      columns={backupColumns}
      label={newest && formatCount(newest.parts.length, "part")}
      details={() => (newest ? <BackupParts backup={newest} /> : <></>)}
      cells={
        <>
          <td class="column-state">
            <StateMark state={standing} word={standing === "none" ? "none yet" : standing} />
          </td>
          <th class="column-subject" scope="row">
            <a href={ownerBackupsPath(owner)}>{owner}</a>
            <Trouble row={row} />
          </th>
          <BackupCells backup={newest} none="never" />
          <td class={`column-proven${newest ? "" : " blank"}`}>
            {newest ? <Proof provenAt={provenAt} /> : <span class="muted">–</span>}
          </td>
        </>
      }
    />
  );
}

/** What is amiss, in a line of its own. */
export function Trouble({ row: { lateSince, failed } }: { row: Pick<OwnerRow, "lateSince" | "failed"> }): JSX.Element {
  if (lateSince === null && failed === null) return <></>;
  return (
    <span class="trouble">
      {lateSince !== null && (
        <>
          was due <Ago moment={lateSince} />
        </>
      )}
      {lateSince !== null && failed !== null && "; "}
      {failed?.state === "failed" && (
        <>
          <a href={runPath(failed.run)}>run {failed.run}</a> failed <Ago moment={failed.createdAt} />
        </>
      )}
      {failed?.state === "lost" && (
        <>
          the one of <Ago moment={failed.createdAt} /> is not in its repository any more
        </>
      )}
    </span>
  );
}
