/** The table that stays on the screen and follows keys, until q or Ctrl-C. */
import { emitKeypressEvents, type Key } from "node:readline";
import type { CommandContext } from "../define-command.ts";
import { screenSize } from "../terminal.ts";
import { screenLines, sortKeys } from "./lines.ts";
import { emptyPicture } from "./picture.ts";
import { groupings, type Selection, topRows } from "./rows.ts";
import { watchPicture } from "./watch.ts";

/** Samples come once a second from each node; all of them together are one picture. */
const framesPerSecond = 2;

export async function showLive(context: CommandContext, chosen: Selection): Promise<void> {
  const { terminal, style } = context;
  const client = await context.client();
  const { createLogUpdate } = await import("log-update");
  const paint = createLogUpdate(terminal.stdout);
  const end = new AbortController();
  let selection = chosen;
  let picture = emptyPicture;
  let problem: string | null = null;
  let heardAt = terminal.now();
  const draw = (): void => {
    const { columns, rows } = screenSize(terminal.stdout);
    const now = terminal.now();
    // One row less than there are: the cursor waits on the last.
    const trouble = problem === null ? null : { message: problem, milliseconds: Math.max(0, now - heardAt) };
    const screen = { columns, rows: rows - 1, style, problem: trouble };
    paint(screenLines(picture, topRows(picture, selection, now), selection, screen).join("\n"));
  };
  const onKey = (_: string | undefined, key: Key): void => {
    if (key.name === "q" || (key.ctrl === true && key.name === "c")) end.abort();
    selection = afterKey(selection, key.name ?? "");
    if (!end.signal.aborted) draw();
  };
  const release = takeKeys(context, onKey, () => end.abort());
  const timer = setInterval(draw, 1000 / framesPerSecond);
  try {
    await watchPicture(
      client,
      {
        now: () => terminal.now(),
        onPicture(seen) {
          const isFirst = picture.status === null;
          picture = seen;
          problem = null;
          heardAt = terminal.now();
          if (isFirst) draw();
        },
        onProblem({ message }) {
          problem = `${message} Trying again.`;
        },
      },
      end.signal,
    );
  } finally {
    clearInterval(timer);
    release();
    draw();
    paint.done();
  }
}

/** What is shown after a key; one that means nothing changes nothing. Pure. */
export function afterKey(selection: Selection, key: string): Selection {
  if (key === "b") {
    const next = groupings[(groupings.indexOf(selection.by) + 1) % groupings.length] ?? selection.by;
    return { ...selection, by: next };
  }
  const sort = sortKeys[key];
  return sort === undefined ? selection : { ...selection, sort };
}

function takeKeys(
  { terminal }: CommandContext,
  onKey: (text: string | undefined, key: Key) => void,
  onInterrupt: () => void,
): () => void {
  const { stdin } = terminal;
  const release = terminal.onInterrupt(onInterrupt);
  if (stdin.isTTY !== true) return release;
  emitKeypressEvents(stdin);
  stdin.setRawMode?.(true);
  stdin.on("keypress", onKey);
  stdin.resume();
  return () => {
    release();
    stdin.off("keypress", onKey);
    stdin.setRawMode?.(false);
    stdin.pause();
  };
}
