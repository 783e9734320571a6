import { usageError } from "./errors.ts";

/** The number of a run, as `berth run list` shows it. */
export function parseRunId(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw usageError(`'${text}' is not the number of a run.`, "`berth run list` shows them.");
}
