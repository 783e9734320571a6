import type { JSX } from "preact";
import { useNow } from "../clock.ts";
import { formatDuration, formatMoment, formatSpan } from "../format/time.ts";
import { useSession } from "../session/session.ts";

/** How long something took, or has been taking: then it counts on by the controller's clock. */
export function Elapsed({ from, to }: { from: string; to: string | null }): JSX.Element {
  if (to !== null) return <span>{formatDuration(Date.parse(to) - Date.parse(from))}</span>;
  return <Running from={from} />;
}

function Running({ from }: { from: string }): JSX.Element {
  const { controllerNow } = useSession();
  useNow();
  return <span>{formatSpan(controllerNow() - Date.parse(from))}</span>;
}

/** "12 s ago" */
export function Ago({ moment }: { moment: string }): JSX.Element {
  return (
    <time class="ago" dateTime={moment} title={formatMoment(moment, 0)}>
      <Running from={moment} /> ago
    </time>
  );
}
