import type { Run, Step } from "@berth/shared/api/runs";
import { shortDigests } from "@berth/shared/catalog/version-digest";
import { phasesWorthTelling, type StepPhase } from "@berth/shared/operations/phases";
import { operationAction, operationTitle } from "@berth/shared/operations/title";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { stepTree, type StepNode } from "../fleet/step-tree.ts";
import { nodePath } from "../routes/route.ts";
import { formatDuration } from "../format/time.ts";
import { Elapsed } from "./elapsed.tsx";
import { StateMark } from "./state-mark.tsx";
import { sentences } from "../format/sentences.ts";

interface StepListProps {
  run: Run;
  /** Step whose log is shown; null: all. */
  selected: string | null;
  onSelect: (step: string | null) => void;
}

/** The steps of a run by node, each below the one it follows. */
export function StepList({ run, selected, onSelect }: StepListProps): JSX.Element {
  const groups = useMemo(() => stepTree(run.steps), [run.steps]);
  return (
    <div class="steps">
      {groups.map(({ node, steps }) => (
        <section key={node ?? ""} aria-label={node ?? "Controller"}>
          <h3>{node === null ? "Controller" : <a href={nodePath(node)}>{node}</a>}</h3>
          <ul>
            {steps.map((item) => (
              <StepRow
                key={item.step.id}
                item={item}
                selected={item.step.id === selected}
                onSelect={() => onSelect(item.step.id === selected ? null : item.step.id)}
              />
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

interface StepRowProps {
  item: StepNode;
  selected: boolean;
  onSelect: () => void;
}

const deepest = 6;

function StepRow({ item, selected, onSelect }: StepRowProps): JSX.Element {
  const { step, depth, waitsFor } = item;
  return (
    <li class={`step depth-${Math.min(depth, deepest)}`} data-step={step.id} data-state={step.state}>
      <button type="button" class="step-button" aria-pressed={selected} onClick={onSelect} title="Show only its log">
        <StateMark state={step.state} />
        <span class="step-name">
          {operationAction(step)} <strong>{shortDigests(step.target)}</strong>
        </span>
        <span class="step-elapsed">{step.startedAt && <Elapsed from={step.startedAt} to={step.endedAt} />}</span>
        <span class="step-detail">{detailOf(step, waitsFor)}</span>
      </button>
      {selected ? <PhaseList phases={step.phases ?? []} /> : <PhaseSummary step={step} />}
      {step.error && (
        <p class="step-error">
          {sentences(step.error)} <code class="muted">{step.error.code}</code>
        </p>
      )}
    </li>
  );
}

/** What the time of a slow step went into, in one line. */
function PhaseSummary({ step }: { step: Step }): JSX.Element | null {
  if (step.startedAt === null || step.endedAt === null) return null;
  const totals = phasesWorthTelling(step.phases ?? [], Date.parse(step.endedAt) - Date.parse(step.startedAt));
  if (totals.length === 0) return null;
  const told = totals.map(({ name, milliseconds }) => `${name} ${formatDuration(milliseconds)}`);
  return <p class="step-phases">{told.join(", ")}</p>;
}

/** The same of a step that somebody looks at, whole: in which order, and of what. */
function PhaseList({ phases }: { phases: readonly StepPhase[] }): JSX.Element | null {
  if (phases.length === 0) return null;
  return (
    <ol class="step-phases" aria-label="What its time went into">
      {phases.map(({ name, target, startMilliseconds, milliseconds }) => (
        <li key={`${startMilliseconds} ${name}`}>
          <span title="After the step began">+{formatDuration(startMilliseconds)}</span>
          <span class="phase-name">
            {name} {target !== undefined && <strong>{shortDigests(target)}</strong>}
          </span>
          <span>{formatDuration(milliseconds)}</span>
        </li>
      ))}
    </ol>
  );
}

function detailOf(step: Step, waitsFor: readonly Step[]): string {
  const attempt = step.attempt > 1 ? `attempt ${step.attempt} · ` : "";
  switch (step.state) {
    case "waiting":
      return waitsFor.length === 0 ? "waits for its turn" : `waits for ${listed(waitsFor.map(operationTitle))}`;
    case "running":
      return `${attempt}${step.progress ?? "…"}`;
    case "skipped":
      return "not begun: something it depends on failed";
    case "succeeded":
    case "failed":
    case "cancelled":
      break;
  }
  return `${attempt}${step.change}: ${step.reason}`;
}

function listed(names: readonly string[]): string {
  const [first = "", ...rest] = names;
  return rest.length === 0 ? first : `${first} and ${rest.length} more`;
}
