import type { Run } from "@berth/shared/api/runs";
import type { Upgrade } from "@berth/shared/api/upgrades";
import { shortDigests } from "@berth/shared/catalog/version-digest";
import type { JSX } from "preact";
import { Commands } from "../components/command.tsx";
import { DisclosureRow } from "../components/disclosure-row.tsx";
import { Ago } from "../components/elapsed.tsx";
import { ErrorNotice } from "../components/error-notice.tsx";
import { Page } from "../components/page.tsx";
import { StateMark } from "../components/state-mark.tsx";
import { TableHead } from "../components/table-head.tsx";
import { UpgradeRun } from "../components/upgrade-run.tsx";
import { VersionTable } from "../components/version-table.tsx";
import { currentRun } from "../fleet/fleet-state.ts";
import { longestGap, movesText, upgradeKind, upgradeOfRun } from "../fleet/upgrade-batches.ts";
import { formatDuration } from "../format/time.ts";
import { notMeasured } from "@berth/shared/metrics/units";
import { formatCount } from "../format/count.ts";
import { instancePath } from "../routes/route.ts";
import { useSession } from "../session/session.ts";
import { askUpgrades, useAnswer, useFleetStatus } from "../session/use-answer.ts";
import { useStore } from "../store.ts";

/** What runs in which version, what there is to move it to, and what became of the upgrades before. */
export function UpgradesPage(): JSX.Element {
  const { answer: upgrades, error } = useAnswer(askUpgrades);
  const { answer: status, error: checkError } = useFleetStatus();
  const check = status?.upgrades;
  const run = useUpgradeRun();
  const underWay = run && upgradeOfRun(run, upgrades ?? []);
  const past = upgrades?.filter((upgrade) => upgrade !== underWay);
  if (error?.code === "forbidden") {
    return (
      <Page title="Upgrades">
        <ErrorNotice error={error} what="Upgrades" />
      </Page>
    );
  }
  return (
    <Page title="Upgrades">
      {run && <UpgradeRun run={run} upgrade={underWay} />}
      <section aria-labelledby="versions-title">
        <h2 id="versions-title">Versions</h2>
        {checkError && <ErrorNotice error={checkError} what="Versions" />}
        {!status && !checkError && <p class="muted">Waiting for the controller to tell what runs.</p>}
        {status && !check && (upgrades || error) && <p class="muted">Nobody looked for newer versions yet.</p>}
        {check && <VersionTable check={check} />}
      </section>
      <section aria-labelledby="past-title">
        <h2 id="past-title">Upgrades so far</h2>
        {error && <ErrorNotice error={error} what="Upgrades" />}
        {!upgrades && !error && <p class="muted">Waiting for the controller to tell its upgrades.</p>}
        {past?.length === 0 && <p class="muted">{run ? "None before this one." : "There was no upgrade yet."}</p>}
        {past && past.length > 0 && <PastUpgrades upgrades={past} />}
      </section>
      <Commands
        of={[
          ["Ask the registries what is newer", "berth upgrade check"],
          ["Show what an upgrade would do", "berth upgrade SERVICE --to VERSION --plan"],
          ["Keep an instance on its version", "berth upgrade hold INSTANCE"],
        ]}
      />
    </Page>
  );
}

function useUpgradeRun(): Run | undefined {
  const { fleet } = useSession();
  return useStore(fleet, (state) => {
    const current = currentRun(state);
    return current?.kind === upgradeKind ? state.runDetails.get(current.id) : undefined;
  });
}

function PastUpgrades({ upgrades }: { upgrades: readonly Upgrade[] }): JSX.Element {
  return (
    <table class="list upgrades">
      <TableHead
        columns={[
          ["column-subject", "Upgrade"],
          ["column-when", "Begun"],
          ["column-gap", "Longest gap", "How long an instance did not answer, at most"],
        ]}
        more="Instances"
      />
      <tbody>
        {upgrades.map((upgrade) => (
          <PastUpgrade key={upgrade.id} upgrade={upgrade} />
        ))}
      </tbody>
    </table>
  );
}

function PastUpgrade({ upgrade }: { upgrade: Upgrade }): JSX.Element {
  const { id, service, version, startedAt, instances } = upgrade;
  const gap = longestGap(instances);
  return (
    <DisclosureRow
      name={id}
      about={id}
      columns={5}
      label={instances.length === 0 ? undefined : formatCount(instances.length, "instance")}
      details={() => <Moves upgrade={upgrade} />}
      cells={
        <>
          <td class="column-state">
            <StateMark {...markOf(upgrade)} />
          </td>
          <th class="column-subject" scope="row">
            {service} <span class="mono">{shortDigests(version)}</span>
            <span class="trouble muted">{movesText(instances)}</span>
          </th>
          <td class="column-when">
            <Ago moment={startedAt} />
          </td>
          <td class="column-gap">{gap === undefined ? notMeasured : formatDuration(gap)}</td>
        </>
      }
    />
  );
}

function markOf({ instances }: Upgrade): { state: "upgraded" | "went back" | "running" | "waiting" } {
  if (instances.some(({ outcome }) => outcome === "went-back")) return { state: "went back" };
  if (instances.some(({ outcome }) => outcome === null)) return { state: "running" };
  return { state: instances.length === 0 ? "waiting" : "upgraded" };
}

function Moves({ upgrade }: { upgrade: Upgrade }): JSX.Element {
  return (
    <ul class="parts">
      {upgrade.instances.map(({ instance, from, to, outcome, reason, gapMilliseconds }) => (
        <li key={instance} class="part">
          <StateMark state={outcome === "went-back" ? "went back" : (outcome ?? "running")} />
          <div>
            <p>
              <a href={instancePath(instance)}>{instance}</a>{" "}
              <span class="secondary mono">{shortDigests(`${from} → ${to}`)}</span>
              {gapMilliseconds !== null && <span class="secondary"> · gap {formatDuration(gapMilliseconds)}</span>}
            </p>
            {reason !== null && <p class="reason">{reason}</p>}
          </div>
        </li>
      ))}
    </ul>
  );
}
