import { stripVTControlCharacters } from "node:util";

/** Characters kept of a line. */
const maxLineLength = 2000;
/** Lines taken of one call: what a program printed as it failed, not all it ever printed. */
const maxLinesAtOnce = 200;

/** What a handler logged, as lines: without secrets, escape sequences and control characters, and not too long. */
export function toLogLines(text: string, redact: (text: string) => string): string[] {
  const lines = stripVTControlCharacters(redact(text)).split(/\r\n|\r|\n/);
  const kept = lines.map(cleanLine).filter((line) => line !== "");
  if (kept.length <= maxLinesAtOnce) return kept;
  return [`… ${kept.length - maxLinesAtOnce} lines left out`, ...kept.slice(-maxLinesAtOnce)];
}

function cleanLine(line: string): string {
  // oxlint-disable-next-line no-control-regex -- these are what is taken out
  const clean = line.replaceAll(/[\u0000-\u0008\u000B-\u001F\u007F]/g, "").trimEnd();
  return clean.length <= maxLineLength ? clean : `${clean.slice(0, maxLineLength)}…`;
}
