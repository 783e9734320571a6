import { listBackups, type Backup } from "@berth/shared/api/backups";
import type { OwnerBackups } from "@berth/shared/api/status";
import type { JSX } from "preact";
import { useCallback } from "preact/hooks";
import { call } from "../api/client.ts";
import { BackupCells, backupColumns, BackupHead, Proof } from "../components/backup-cells.tsx";
import { BackupParts } from "../components/backup-parts.tsx";
import { Commands } from "../components/command.tsx";
import { DisclosureRow } from "../components/disclosure-row.tsx";
import { Ago } from "../components/elapsed.tsx";
import { ErrorNotice } from "../components/error-notice.tsx";
import { Facts } from "../components/facts.tsx";
import { Page } from "../components/page.tsx";
import { StateMark } from "../components/state-mark.tsx";
import { standingOf } from "../fleet/backup-rows.ts";
import { formatCount } from "../format/count.ts";
import { useSession } from "../session/session.ts";
import { useAnswer, useFleetStatus } from "../session/use-answer.ts";
import { useStore } from "../store.ts";
import { instancePath, runPath, tenantPath } from "../routes/route.ts";
import { Trouble } from "./backups.tsx";

/** The backups of one tenant, shared service or instance, the newest first. */
export function OwnerBackupsPage({ name }: { name: string }): JSX.Element {
  const { answer: status, error: statusError } = useFleetStatus();
  const { fleet } = useSession();
  const isOfFleet = useStore(fleet, (state) =>
    state.status?.instances.some((one) => one.name === name || one.tenant === name),
  );
  const ask = useCallback(
    async (signal: AbortSignal) => (await call(listBackups, { query: { of: name }, signal })).backups,
    [name],
  );
  const { answer: backups, error } = useAnswer(ask);
  const owner = status?.backups?.find((one) => one.owner === name);
  const isKnown = status !== undefined || statusError !== undefined;
  if (backups?.length === 0 && isKnown && isOfFleet === false && owner === undefined) {
    return (
      <Page title={`Backups of ${name}`}>
        <p class="notice">The fleet has nothing of this name to back up, and there is no backup of it.</p>
      </Page>
    );
  }
  return (
    <Page title={`Backups of ${name}`} aside={owner && <OwnerMark owner={owner} />}>
      {error && <ErrorNotice error={error} what={`Backups of ${name}`} />}
      {(!backups || isOfFleet === undefined) && !error && (
        <p class="muted">Waiting for the controller to tell of its backups.</p>
      )}
      {backups && <OwnerFacts name={name} owner={owner} backups={backups} />}
      {backups?.length === 0 && <p class="muted">There is no backup of it.</p>}
      {backups && backups.length > 0 && <BackupTable name={name} backups={backups} />}
      <Commands
        of={[
          ["Back it up now", `berth backup create ${name}`],
          ["Show what restoring the newest would do", `berth restore ${name} --plan`],
        ]}
      />
    </Page>
  );
}

function OwnerMark({ owner }: { owner: OwnerBackups }): JSX.Element {
  const standing = standingOf(owner);
  return (
    <>
      <StateMark state={standing} word={standing === "none" ? "none yet" : standing} />
      <Trouble row={owner} />
    </>
  );
}

interface OwnerFactsProps {
  name: string;
  owner: OwnerBackups | undefined;
  backups: readonly Backup[];
}

function OwnerFacts({ name, owner, backups }: OwnerFactsProps): JSX.Element {
  const { fleet } = useSession();
  const instance = useStore(fleet, (state) => state.status?.instances.find((one) => one.name === name));
  const isTenant = useStore(fleet, (state) => state.status?.instances.some(({ tenant }) => tenant === name) ?? false);
  const newest = backups.find(({ state }) => state === "complete");
  const verifiedAt = newest?.verifiedAt ?? null;
  const provenAt =
    owner?.provenAt ??
    backups
      .flatMap((one) => one.provenAt ?? [])
      .toSorted()
      .at(-1) ??
    null;
  return (
    <Facts
      facts={[
        ["Newest", newest ? <Ago moment={newest.createdAt} /> : "none"],
        ["Last proven", provenAt === null ? "never: unproven" : <Ago moment={provenAt} />],
        ["Newest verified", verifiedAt === null ? "no" : <Ago moment={verifiedAt} />],
        ["There are", formatCount(backups.length, "backup")],
        ["Tenant", isTenant ? <a href={tenantPath(name)}>{name}</a> : undefined],
        ["Instance", instance ? <a href={instancePath(name)}>{name}</a> : undefined],
      ]}
    />
  );
}

function BackupTable({ name, backups }: { name: string; backups: readonly Backup[] }): JSX.Element {
  return (
    <table class="list backups one">
      <BackupHead first="Why" last="Made" proof="Proven" />
      <tbody>
        {backups.map((backup) => (
          <DisclosureRow
            key={backup.id}
            name={backup.id}
            about={backup.id}
            columns={backupColumns}
            label={formatCount(backup.parts.length, "part")}
            details={() => <BackupParts backup={backup} />}
            cells={
              <>
                <td class="column-state">
                  <StateMark state={backup.state} />
                </td>
                <th class="column-subject" scope="row">
                  {reasonTexts[backup.reason]}
                  {backup.subject !== name && <span class="secondary"> of {backup.subject}</span>}
                  {backup.state !== "complete" && (
                    <a class="secondary" href={runPath(backup.run)}>
                      {" "}
                      run {backup.run}
                    </a>
                  )}
                </th>
                <BackupCells backup={backup} />
                <td class={`column-proven${backup.state === "complete" ? "" : " blank"}`}>
                  {backup.state === "complete" ? <Proof provenAt={backup.provenAt} /> : <span class="muted">–</span>}
                </td>
              </>
            }
          />
        ))}
      </tbody>
    </table>
  );
}

const reasonTexts: Readonly<Record<Backup["reason"], string>> = {
  schedule: "by the schedule",
  manual: "by hand",
  final: "before its tenant was removed",
  "before-restore": "before a restore",
  "before-upgrade": "before an upgrade",
};
