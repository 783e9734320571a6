/** `berth __complete WORDS…`: what the completion scripts ask. */
import { type Terminal, writeLines } from "../terminal.ts";
import { complete } from "./complete.ts";
import { fileDirective } from "./scripts.ts";

export async function runCompletion(words: readonly string[], terminal: Terminal): Promise<void> {
  const { candidates, files } = await complete(words, async (kind) => {
    const { createNameLookup } = await import("./names.ts");
    return createNameLookup(terminal.environment)(kind);
  });
  if (files) writeLines(terminal.stdout, [fileDirective]);
  writeLines(
    terminal.stdout,
    candidates.map(({ value, description }) => `${value}\t${description}`),
  );
}
