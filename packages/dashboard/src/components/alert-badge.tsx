import type { JSX } from "preact";
import { useSession } from "../session/session.ts";
import { useStore } from "../store.ts";

/** How many alerts fire; nothing where none does. */
export function AlertBadge(): JSX.Element | null {
  const { fleet } = useSession();
  const alerts = useStore(fleet, (state) => state.alerts);
  if (alerts === null || alerts.firing === 0) return null;
  return (
    <span class={`badge ${alerts.critical > 0 ? "tone-problem" : "tone-warning"}`}>
      {alerts.firing}
      <span class="visually-hidden"> firing</span>
    </span>
  );
}
