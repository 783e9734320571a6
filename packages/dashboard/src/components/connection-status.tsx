/** Whether what the page shows is live, and if not: since when, why, and what happens next. */
import type { JSX } from "preact";
import { useNow } from "../clock.ts";
import { freshness, type Freshness } from "../connection.ts";
import { useSession, type Session } from "../session/session.ts";
import { useStore } from "../store.ts";
import { sentences } from "../format/sentences.ts";

/** Renders again each second. */
export function useFreshness(session: Session): Freshness {
  const now = useNow();
  const stream = useStore(session.stream, (state) => state);
  return freshness({ stream, silence: session.live.silence() }, now);
}

/** The word in the header. Its place is reserved, so nothing moves when it changes. */
export function ConnectionWord(): JSX.Element {
  const { kind, text } = useFreshness(useSession());
  return (
    <span class={`connection connection-${kind}`} data-testid="connection">
      <span class="connection-dot" aria-hidden="true" />
      {text}
    </span>
  );
}

/** What is wrong, over the lower edge of the page. A polite live region: it is read out once, when it appears. */
export function ConnectionNotice(): JSX.Element {
  const session = useSession();
  const { kind, text, error, next } = useFreshness(session);
  const newVersion = useStore(session.newVersion, (version) => version);
  return (
    <div class="overlay">
      <div aria-live="polite">
        {kind === "stale" && <p class="visually-hidden">The page is no longer live. {error?.message}</p>}
      </div>
      {kind === "stale" && (
        <div class="notice notice-warning" data-testid="stale-notice">
          <p>
            <strong>{text}.</strong> {error && sentences(error)}
            <span class="next">{next}</span>
          </p>
          <button type="button" onClick={session.live.retryNow}>
            Try now
          </button>
        </div>
      )}
      {newVersion !== undefined && (
        <div class="notice">
          <p>The controller is now version {newVersion}; this page is older.</p>
          <button type="button" onClick={() => location.reload()}>
            Reload
          </button>
        </div>
      )}
    </div>
  );
}
