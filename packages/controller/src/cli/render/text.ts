/** Measuring and cutting of lines that may hold colour sequences. */
import { stripVTControlCharacters } from "node:util";

// oxlint-disable-next-line no-control-regex -- the escape character begins a colour sequence
const colourSequence = /\u001b\[[0-9;]*m/y;
const reset = "\u001b[0m";

/** Columns that `text` takes, colour sequences aside. */
export function width(text: string): number {
  const visible = stripVTControlCharacters(text);
  // A segmenter takes longer to make than a whole table to print: only text that needs one pays for it.
  return isAscii(visible) ? visible.length : Array.from(new Intl.Segmenter().segment(visible)).length;
}

function isAscii(text: string): boolean {
  return /^[ -~]*$/.test(text);
}

/** `text` with spaces behind it, up to `columns`. */
export function pad(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - width(text)));
}

/** `text` cut to `columns`, the cut shown by `…`; colours end where it is cut. */
export function clip(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  if (columns < 1) return "";
  let cut = "";
  let taken = 0;
  let coloured = false;
  for (let position = 0; position < text.length && taken < columns - 1;) {
    colourSequence.lastIndex = position;
    const sequence = colourSequence.exec(text)?.[0];
    const piece = sequence ?? String.fromCodePoint(text.codePointAt(position) ?? 0);
    if (sequence === undefined) taken += 1;
    else coloured = true;
    cut += piece;
    position += piece.length;
  }
  return `${cut}…${coloured ? reset : ""}`;
}

/** Lines of at most `columns`, broken between words; a longer word has a line of its own. `indent` is for those after the first. */
export function wrap(text: string, columns: number, indent = ""): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && width(longer) > columns) {
      lines.push(line);
      line = indent + word;
    } else line = longer;
  }
  return [...lines, line];
}

/** As `wrap`, but for commands in it: one that is to be copied stays in one piece. */
export function wrapSentence(text: string, columns: number, indent = ""): string[] {
  const glued = text.replaceAll(/`[^`]*`/g, (command) => command.replaceAll(" ", "\u00a0"));
  return wrap(glued, columns, indent).map((line) => line.replaceAll("\u00a0", " "));
}

/** `1 node`, `3 nodes`. */
export function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : plural}`;
}
