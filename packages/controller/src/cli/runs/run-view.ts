/** Showing a run while it goes on: a picture on a terminal, lines elsewhere. */
import type { Run } from "@berth/shared/api/runs";
import type { CommandContext } from "../define-command.ts";
import { progressLogLines } from "../render/progress-log.ts";
import { progressLines } from "../render/progress.ts";
import { screenSize } from "../terminal.ts";

export interface RunView {
  show(run: Run): void;
  /** Takes the picture away; lines stay. */
  end(): void;
}

const framesPerSecond = 8;

export async function createRunView(context: CommandContext): Promise<RunView> {
  return context.terminal.stderr.isTTY === true ? pictureView(context) : linesView(context);
}

async function pictureView({ terminal, messageStyle }: CommandContext): Promise<RunView> {
  const { createLogUpdate } = await import("log-update");
  const paint = createLogUpdate(terminal.stderr);
  let current: Run | undefined;
  const draw = (): void => {
    if (current === undefined) return;
    const { columns, rows } = screenSize(terminal.stderr);
    // One row less than there are: the cursor waits on the last.
    const lines = progressLines(current, { now: terminal.now(), columns, rows: rows - 1, style: messageStyle });
    paint(lines.join("\n"));
  };
  const timer = setInterval(draw, 1000 / framesPerSecond);
  return {
    show(run) {
      const first = current === undefined;
      current = run;
      if (first) draw();
    },
    end() {
      clearInterval(timer);
      paint.clear();
      paint.done();
    },
  };
}

function linesView({ terminal, note }: CommandContext): RunView {
  let before: Run | undefined;
  return {
    show(run) {
      note(...progressLogLines(before, run, terminal.now()));
      before = run;
    },
    end() {},
  };
}
