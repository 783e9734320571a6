/** An error as a person reads it: one sentence, and what to do. */
import { errorCatalogue, type BerthError } from "@berth/shared/errors";
import { printable } from "./printable.ts";
import type { Style } from "./style.ts";

export function errorLines(error: BerthError, style: Style): string[] {
  const lines = [`${style.red("error:")} ${sentence(error.message)}`];
  if (error.hint !== undefined) lines.push(`${style.dim("hint:")} ${sentence(error.hint)}`);
  return lines;
}

export function exitCodeOf(error: BerthError): number {
  return errorCatalogue[error.code].exitCode;
}

function sentence(text: string): string {
  const clean = printable(text).trimEnd();
  return /[.!?:;,`)}\]]$/.test(clean) ? clean : `${clean}.`;
}
