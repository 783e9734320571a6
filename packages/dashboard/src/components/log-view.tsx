/** Lines as they come, appended outside of rendering; follows the end while the reader is there. */
import type { ComponentChildren, JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { stripControls } from "../format/ansi.ts";

export interface LogEntry {
  /** Rises; a line is shown once. */
  sequence: number;
  text: string;
  /** Before the text, in quieter colour: a time, a step. */
  prefix: string;
  isStderr?: boolean;
}

/** More lines than this in the document make scrolling slow, and nobody reads them here. */
const mostLines = 2_000;
/** As near as this to the end counts as being there. */
const nearEndPixels = 24;

interface LogViewProps {
  label: string;
  /** Only ever grows at its end, or is another list altogether. */
  entries: readonly LogEntry[];
  /** What is shown while there are no lines. */
  empty: string;
  children?: ComponentChildren;
}

export function LogView({ label, entries, empty, children }: LogViewProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const lines = useRef<HTMLOListElement>(null);
  const shown = useRef<{ first: LogEntry | undefined; count: number }>({ first: undefined, count: 0 });
  const following = useRef(true);
  const [behind, setBehind] = useState(false);

  const toEnd = () => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  };
  useLayoutEffect(() => {
    const list = lines.current;
    if (!list) return;
    if (entries[0] !== shown.current.first || entries.length < shown.current.count) {
      list.replaceChildren();
      shown.current = { first: entries[0], count: 0 };
    }
    const from = Math.max(shown.current.count, entries.length - mostLines);
    list.append(...entries.slice(from).map(lineElement));
    while (list.childElementCount > mostLines) list.firstElementChild?.remove();
    shown.current.count = entries.length;
    if (following.current) toEnd();
  }, [entries]);

  return (
    <div class="log-frame">
      <div
        class="log"
        ref={box}
        role="log"
        aria-label={label}
        aria-live="off"
        tabIndex={0}
        onScroll={(event) => {
          const { scrollHeight, scrollTop, clientHeight } = event.currentTarget;
          following.current = scrollHeight - scrollTop - clientHeight < nearEndPixels;
          setBehind(!following.current);
        }}
      >
        {entries.length > mostLines && <p class="log-note">Earlier lines are left out here.</p>}
        <ol ref={lines} />
        {entries.length === 0 && <p class="log-note">{empty}</p>}
        {children}
      </div>
      {behind && (
        <button type="button" class="log-follow" onClick={toEnd}>
          Follow the end
        </button>
      )}
    </div>
  );
}

function lineElement(entry: LogEntry): HTMLLIElement {
  const line = document.createElement("li");
  if (entry.isStderr) Object.assign(line, { className: "log-stderr", title: "Written to stderr" });
  if (entry.prefix !== "") {
    const prefix = document.createElement("span");
    prefix.className = "log-prefix";
    prefix.textContent = `${entry.prefix} `;
    line.append(prefix);
  }
  line.append(stripControls(entry.text));
  return line;
}
