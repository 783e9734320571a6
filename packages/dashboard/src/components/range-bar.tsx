import type { ComponentChildren, JSX } from "preact";
import { useSession } from "../session/session.ts";
import { isLive, type Range, rollingRanges, shifted, spanOf, zoomed } from "../samples/range.ts";

interface RangeBarProps {
  range: Range;
  onChange: (range: Range) => void;
  /** Stands at its end. */
  children?: ComponentChildren;
}

/** Chooses the time that charts show. Everything that the mouse does in a chart is here for the keyboard, too. */
export function RangeBar({ range, onChange, children }: RangeBarProps): JSX.Element {
  const { controllerNow } = useSession();
  const move = (share: number) => () => onChange(shifted(range, share, controllerNow()));
  const zoom = (times: number) => () => onChange(zoomed(range, times, controllerNow()));
  const hold = () => onChange({ kind: "fixed", ...spanOf(range, controllerNow()) });
  return (
    <div class="ranges">
      <div class="choice" role="group" aria-label="Time shown">
        {rollingRanges.map(({ name, label }) => {
          const choice: Range = { kind: "rolling", name };
          return (
            <button
              key={name}
              type="button"
              aria-pressed={range.kind === "rolling" && range.name === name}
              onClick={() => onChange(choice)}
            >
              {isLive(choice) ? `${label}, live` : label}
            </button>
          );
        })}
      </div>
      <div class="choice" role="group" aria-label="Move the time shown">
        <button type="button" aria-label="Earlier" title="Earlier" onClick={move(-0.5)}>
          ←
        </button>
        <button type="button" aria-label="Later" title="Later" disabled={range.kind === "rolling"} onClick={move(0.5)}>
          →
        </button>
        <button type="button" aria-label="Zoom in" title="Zoom in: or drag across a chart" onClick={zoom(0.5)}>
          +
        </button>
        <button type="button" aria-label="Zoom out" title="Zoom out" onClick={zoom(2)}>
          −
        </button>
        <button
          type="button"
          disabled={range.kind === "fixed"}
          title="The address then names this span, and a link to it shows the same"
          onClick={hold}
        >
          Hold
        </button>
      </div>
      {children}
    </div>
  );
}
