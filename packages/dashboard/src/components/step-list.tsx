import type { Run, Step } from "@berth/shared/api/runs";
import { shortDigests } from "@berth/shared/catalog/version-digest";
import { operationAction, operationTitle } from "@berth/shared/operations/title";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { stepTree, type StepNode } from "../fleet/step-tree.ts";
import { nodePath } from "../routes/route.ts";
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
      {step.error && (
        <p class="step-error">
          {sentences(step.error)} <code class="muted">{step.error.code}</code>
        </p>
      )}
    </li>
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
