import type { RunSummary } from "@berth/shared/api/runs";
import type { JSX } from "preact";
import { stepCount } from "../fleet/attention.ts";

const segments = ["succeeded", "running", "failed", "cancelled", "skipped"] as const;

/** How far a run is, as a bar; its numbers stand beside it as text. */
export function RunProgress({ run }: { run: RunSummary }): JSX.Element {
  const all = Math.max(1, stepCount(run));
  let left = 0;
  return (
    <svg class="run-progress" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
      <rect width="100" height="4" class="segment-waiting" />
      {segments.map((state) => {
        const width = (100 * run.counts[state]) / all;
        const x = left;
        left += width;
        return <rect key={state} x={x} width={width} height="4" class={`segment-${state}`} />;
      })}
    </svg>
  );
}

/** "7 of 16 steps", and what did not go well. */
export function runCounts(run: RunSummary): string {
  const { succeeded, failed, cancelled, skipped } = run.counts;
  const parts = [`${succeeded} of ${stepCount(run)} steps`];
  if (failed > 0) parts.push(`${failed} failed`);
  if (cancelled > 0) parts.push(`${cancelled} cancelled`);
  if (skipped > 0) parts.push(`${skipped} skipped`);
  return parts.join(", ");
}
