import type { JSX } from "preact";
import { useId } from "preact/hooks";
import { type Comparison, comparisons } from "../samples/comparison.ts";

interface ComparisonChoiceProps {
  comparison: Comparison | undefined;
  /** The live view compares nothing. What was chosen stays, for the next range. */
  isLive: boolean;
  onChange: (comparison: Comparison | undefined) => void;
}

export function ComparisonChoice({ comparison, isLive, onChange }: ComparisonChoiceProps): JSX.Element {
  const id = useId();
  const title = isLive
    ? "The live view is not compared: choose a longer time"
    : "Draws what was measured earlier into the same charts";
  return (
    <div class="comparison">
      <label class="secondary" for={id}>
        Compare with
      </label>
      <select
        {...{ id, title }}
        value={comparison ?? ""}
        disabled={isLive}
        onChange={({ currentTarget }) => onChange(comparisons.find(({ name }) => name === currentTarget.value)?.name)}
      >
        <option value="">nothing</option>
        {comparisons.map(({ name, label }) => (
          <option key={name} value={name}>
            {label}
          </option>
        ))}
      </select>
    </div>
  );
}
