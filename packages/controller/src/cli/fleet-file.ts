/** Reading the fleet file that a command was given. */
import { isUtf8 } from "node:buffer";
import { readFile } from "node:fs/promises";
import { buffer as readAll } from "node:stream/consumers";
import { BerthError } from "@berth/shared/errors";
import { FleetProblemsError } from "./errors.ts";
import type { Terminal } from "./terminal.ts";

/** Text of a file, or of stdin for `-`, without a byte order mark. Throws `request.invalid` for what is not UTF-8. */
export async function readTextFile(file: string, terminal: Terminal): Promise<string> {
  return file === "-" ? decode(await readAll(terminal.stdin), "stdin") : decode(await readBytes(file), `'${file}'`);
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : String(error);
    if (reason === "ENOENT") throw new BerthError("not-found", `There is no file '${file}'.`, { cause: error });
    throw new BerthError("request.invalid", `'${file}' cannot be read (${reason}).`, { cause: error });
  }
}

function decode(bytes: Buffer, name: string): string {
  if (isUtf8(bytes)) return new TextDecoder().decode(bytes);
  const isUtf16 = ["fffe", "feff"].includes(bytes.toString("hex", 0, 2));
  throw new BerthError(
    "request.invalid",
    isUtf16 ? `${name} is text in UTF-16; save it in UTF-8.` : `${name} is not text in UTF-8.`,
  );
}

/**
 * What `action` throws about mistakes in the file comes with the file's text, so that the lines can be shown. Mistakes
 * of another text (the file merged with the present state) have other lines, and come without.
 */
export async function withFleetText<Result>(
  { text, file }: { text: string; file: string },
  action: () => Promise<Result>,
): Promise<Result> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof FleetProblemsError)) throw error;
    throw error.problems.every((problem) => problem.file === file) ? error.withText(text) : error;
  }
}
