/** The terminal's state in words. */
import type { BerthError } from "@berth/shared/errors";
import { sentences } from "../format/sentences.ts";
import type { Quiet } from "./pulse.ts";

export type ShellState =
  | { phase: "connecting" }
  | { phase: "open"; quiet: Quiet | undefined }
  | { phase: "ended"; exitCode: number | null }
  | { phase: "failed"; error: BerthError };

export interface StateWords {
  text: string;
  /** What changes every second, and is not to be read out each time. */
  aside: string;
  tone: "plain" | "good" | "warning" | "problem";
}

export function stateWords(state: ShellState): StateWords {
  switch (state.phase) {
    case "connecting":
      return { text: "Connecting", aside: "", tone: "plain" };
    case "open":
      return state.quiet === undefined
        ? { text: "Connected", aside: "", tone: "good" }
        : { text: `The ${state.quiet.who} does not answer`, aside: `for ${state.quiet.seconds} s`, tone: "warning" };
    case "ended":
      return { text: "Ended", aside: "", tone: "plain" };
    case "failed":
      return { text: "Not connected", aside: "", tone: "problem" };
  }
}

/** Why nothing more comes; undefined while something may. */
export function endWords(state: ShellState): string | undefined {
  if (state.phase === "failed") return sentences(state.error);
  if (state.phase !== "ended") return undefined;
  if (state.exitCode === null) return "The shell was ended from outside.";
  return `The shell has ended with exit code ${state.exitCode}.`;
}
