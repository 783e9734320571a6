import { createSilence, type Alert } from "@berth/shared/api/alerts";
import { toBerthError, type BerthError } from "@berth/shared/errors";
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { call } from "../api/client.ts";
import { matcherChoices } from "../fleet/matcher-choices.ts";
import { matcherWords } from "./alert-subject.tsx";
import { ErrorNotice } from "./error-notice.tsx";

const times: readonly (readonly [words: string, seconds: number])[] = [
  ["30 minutes", 1800],
  ["2 hours", 7200],
  ["8 hours", 28_800],
  ["1 day", 86_400],
  ["7 days", 604_800],
];
const usualSeconds = 7200;

/** Asks what is to be silent, for how long, and why. Escape leaves everything as it is. */
export function SilenceDialog({ alert, onClose }: { alert: Alert; onClose: () => void }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const choices = matcherChoices(alert);
  const [choice, setChoice] = useState(0);
  const [seconds, setSeconds] = useState(usualSeconds);
  const [comment, setComment] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<BerthError>();
  useEffect(() => dialog.current?.showModal(), []);

  const silence = async (): Promise<void> => {
    const matchers = choices[choice];
    if (matchers === undefined) return;
    setBusy(true);
    try {
      await call(createSilence, { body: { matchers, seconds, comment } });
      onClose();
    } catch (thrown) {
      setError(toBerthError(thrown));
      setBusy(false);
    }
  };
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="silence-title" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void silence();
        }}
      >
        <h2 id="silence-title">Silence</h2>
        <p class="secondary">Nobody is told until the time is over. It stays on this page.</p>
        <fieldset>
          <legend>Alerts of</legend>
          {choices.map((matchers, index) => (
            <label key={index}>
              <input type="radio" name="of" checked={choice === index} onChange={() => setChoice(index)} />{" "}
              {matcherWords(matchers)}
            </label>
          ))}
        </fieldset>
        <label>
          For{" "}
          <select value={seconds} onChange={(event) => setSeconds(Number(event.currentTarget.value))}>
            {times.map(([words, value]) => (
              <option key={value} value={value}>
                {words}
              </option>
            ))}
          </select>
        </label>
        <label>
          Why{" "}
          <input
            value={comment}
            maxLength={500}
            placeholder="for those who look"
            onInput={(event) => setComment(event.currentTarget.value)}
          />
        </label>
        {error && <ErrorNotice error={error} what="Silence" />}
        <div class="actions">
          <button type="button" onClick={() => dialog.current?.close()}>
            Leave it
          </button>
          <button type="submit" disabled={busy}>
            Silence it
          </button>
        </div>
      </form>
    </dialog>
  );
}
