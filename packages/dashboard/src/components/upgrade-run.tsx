import type { Run } from "@berth/shared/api/runs";
import type { Upgrade } from "@berth/shared/api/upgrades";
import { shortDigests } from "@berth/shared/catalog/version-digest";
import type { JSX } from "preact";
import { upgradeBatches, type Batch, type BatchMove } from "../fleet/upgrade-batches.ts";
import { formatDuration } from "../format/time.ts";
import { instancePath, runPath } from "../routes/route.ts";
import { Elapsed } from "./elapsed.tsx";
import { runCounts, RunProgress } from "./run-progress.tsx";
import { StateMark } from "./state-mark.tsx";

/** The upgrade that is under way: its state, and its batches. */
export function UpgradeRun({ run, upgrade }: { run: Run; upgrade: Upgrade | undefined }): JSX.Element {
  return (
    <section class="current-run" aria-label="Upgrade under way">
      <p>
        <StateMark state={run.state} />
        <a href={runPath(run.id)}>
          Run {run.id} · {run.kind}
        </a>
        {upgrade && (
          <span>
            {upgrade.service} to <span class="mono">{shortDigests(upgrade.version)}</span>
          </span>
        )}
        <span class="secondary">
          {runCounts(run)} · <Elapsed from={run.createdAt} to={run.endedAt} />
        </span>
      </p>
      <RunProgress run={run} />
      <Batches run={run} upgrade={upgrade} />
    </section>
  );
}

/** Canary and batches, side by side; nothing for a run that moves no instance. */
export function Batches({ run, upgrade }: { run: Run; upgrade: Upgrade | undefined }): JSX.Element | null {
  const batches = upgradeBatches(run, upgrade);
  if (batches.length === 0) return null;
  return (
    <ol class="batches" aria-label="Batches">
      {batches.map((batch) => (
        <BatchCard key={batch.title} batch={batch} />
      ))}
    </ol>
  );
}

function BatchCard({ batch: { title, state, moves } }: { batch: Batch }): JSX.Element {
  return (
    <li class={`batch batch-${state}`}>
      <h3>{title}</h3>
      <ul>
        {moves.map((move) => (
          <Move key={move.instance} move={move} />
        ))}
      </ul>
    </li>
  );
}

function Move({ move: { instance, state, step, move } }: { move: BatchMove }): JSX.Element {
  const reason = move?.reason ?? step.error?.message;
  return (
    <li class="batch-move" data-move={instance} data-state={state}>
      <StateMark state={state} />
      <a class="ellipsis" href={instancePath(instance)} title={instance}>
        {instance}
      </a>
      <span class="secondary batch-time">
        {move?.gapMilliseconds != null ? (
          <span title="How long it did not answer">gap {formatDuration(move.gapMilliseconds)}</span>
        ) : (
          step.startedAt && <Elapsed from={step.startedAt} to={step.endedAt} />
        )}
      </span>
      {state === "running" && <span class="batch-detail secondary ellipsis">{step.progress ?? "…"}</span>}
      {state !== "running" && state !== "upgraded" && reason !== undefined && (
        <span class="batch-detail reason">{reason}</span>
      )}
    </li>
  );
}
