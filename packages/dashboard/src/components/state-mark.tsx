/** States as a shape, a word and a colour, in that order of importance. */
import type { Route, RouteResult } from "@berth/shared/api/routes";
import type { RunState, StepState } from "@berth/shared/api/runs";
import type { TenantStatus } from "@berth/shared/api/tenants";
import type { InstanceState, NodeState } from "@berth/shared/protocol/state";
import type { JSX } from "preact";
import type { Standing } from "../fleet/backup-rows.ts";
import type { MoveState } from "../fleet/upgrade-batches.ts";

/** `pending`: not there yet, and a run is at it. `proven`: restored with success, by trial or in earnest. */
export type AnyState =
  | InstanceState
  | NodeState
  | RunState
  | StepState
  | Standing
  | MoveState
  | TenantStatus["state"]
  | Route["state"]
  | RouteResult["outcome"]
  | "pending"
  | "critical"
  | "warning"
  | "silenced"
  | "well"
  | "over"
  | "proven"
  | "unproven"
  | "held"
  | "behind"
  | "current";

type Tone = "good" | "problem" | "warning" | "busy" | "quiet";
type Shape = "check" | "cross" | "alert" | "half" | "square" | "ring" | "question" | "dash";

type Look = readonly [tone: Tone, shape: Shape];

const looks: Record<AnyState, Look> = {
  healthy: ["good", "check"],
  unhealthy: ["problem", "alert"],
  starting: ["busy", "half"],
  stopped: ["quiet", "square"],
  missing: ["problem", "ring"],
  unknown: ["warning", "question"],
  online: ["good", "check"],
  offline: ["problem", "cross"],
  enrolling: ["busy", "half"],
  absent: ["problem", "ring"],
  running: ["busy", "half"],
  succeeded: ["good", "check"],
  failed: ["problem", "cross"],
  cancelled: ["quiet", "square"],
  waiting: ["quiet", "ring"],
  pending: ["quiet", "ring"],
  critical: ["problem", "alert"],
  warning: ["warning", "alert"],
  silenced: ["quiet", "square"],
  well: ["good", "half"],
  over: ["good", "check"],
  skipped: ["quiet", "dash"],
  complete: ["good", "check"],
  late: ["warning", "alert"],
  lost: ["problem", "ring"],
  none: ["quiet", "ring"],
  proven: ["good", "check"],
  unproven: ["quiet", "ring"],
  active: ["good", "check"],
  suspended: ["quiet", "square"],
  kept: ["quiet", "square"],
  removing: ["busy", "half"],
  published: ["good", "check"],
  withdrawn: ["warning", "alert"],
  answered: ["good", "check"],
  untested: ["quiet", "dash"],
  upgraded: ["good", "check"],
  "went back": ["warning", "alert"],
  "not moved": ["quiet", "dash"],
  held: ["quiet", "square"],
  behind: ["busy", "half"],
  current: ["good", "check"],
};

const shapes: Record<Shape, JSX.Element> = {
  check: (
    <>
      <circle cx="8" cy="8" r="7" class="mark-fill" />
      <path d="M4.8 8.3l2.2 2.2 4.2-4.7" class="mark-cut" />
    </>
  ),
  cross: (
    <>
      <circle cx="8" cy="8" r="7" class="mark-fill" />
      <path d="M5.4 5.4l5.2 5.2m0-5.2l-5.2 5.2" class="mark-cut" />
    </>
  ),
  alert: (
    <>
      <path d="M8 1.2l7 13H1z" class="mark-fill mark-round" />
      <path d="M8 6v4m0 2.2v.1" class="mark-cut" />
    </>
  ),
  half: (
    <>
      <circle cx="8" cy="8" r="6" class="mark-line" />
      <path d="M8 3.6a4.4 4.4 0 0 1 0 8.8z" class="mark-fill" />
    </>
  ),
  square: <rect x="3" y="3" width="10" height="10" rx="1.5" class="mark-line" />,
  ring: <circle cx="8" cy="8" r="6" class="mark-line mark-dashed" />,
  question: (
    <>
      <circle cx="8" cy="8" r="6.2" class="mark-line" />
      <path d="M6.2 6.4c.1-2.4 3.7-2.3 3.6-.1 0 1.4-1.8 1.4-1.8 2.8m0 2v.1" class="mark-line" />
    </>
  ),
  dash: (
    <>
      <circle cx="8" cy="8" r="6" class="mark-line" />
      <path d="M5.4 8h5.2" class="mark-line" />
    </>
  ),
};

/** What Docker calls the states of a container. Others look unknown. */
const containerLooks = new Map<string, Look>([
  ["running", ["good", "check"]],
  ["created", ["quiet", "ring"]],
  ["restarting", ["warning", "half"]],
  ["paused", ["quiet", "square"]],
  ["removing", ["quiet", "dash"]],
  ["exited", ["problem", "cross"]],
  ["dead", ["problem", "cross"]],
]);

/** The mark with its word, or with others for the same. */
export function StateMark({ state, word = state }: { state: AnyState; word?: string }): JSX.Element {
  return <WordedMark look={looks[state]} word={word} />;
}

/** The same for a container, in Docker's words. */
export function ContainerMark({ state }: { state: string }): JSX.Element {
  return <WordedMark look={containerLooks.get(state) ?? looks.unknown} word={state} />;
}

function WordedMark({ look: [tone, shape], word }: { look: Look; word: string }): JSX.Element {
  return (
    <span class={`state tone-${tone}`}>
      <Mark shape={shape} />
      <span>{word}</span>
    </span>
  );
}

type Severity = "problem" | "warning" | "good" | "busy";

const severityShapes: Record<Severity, Shape> = { problem: "alert", warning: "alert", good: "check", busy: "half" };

/** The mark alone, where the word stands beside it anyway. */
export function SeverityMark({ severity }: { severity: Severity }): JSX.Element {
  return (
    <span class={`state tone-${severity}`}>
      <Mark shape={severityShapes[severity]} />
      <span class="visually-hidden">{severity}: </span>
    </span>
  );
}

function Mark({ shape }: { shape: Shape }): JSX.Element {
  return (
    <svg class="mark" viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
      {shapes[shape]}
    </svg>
  );
}
