/** Reading the fleet file that a command was given. */
import { readFile } from "node:fs/promises";
import { text as readAll } from "node:stream/consumers";
import { BerthError } from "@berth/shared/errors";
import { FleetProblemsError } from "./errors.ts";
import type { Terminal } from "./terminal.ts";

/** Text of a file, or of stdin for `-`. */
export async function readTextFile(file: string, terminal: Terminal): Promise<string> {
  if (file === "-") return readAll(terminal.stdin);
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : String(error);
    if (reason === "ENOENT") throw new BerthError("not-found", `There is no file '${file}'.`, { cause: error });
    throw new BerthError("request.invalid", `'${file}' cannot be read (${reason}).`, { cause: error });
  }
}

/** What `action` throws about mistakes in the file comes with the file's text, so that the lines can be shown. */
export async function withFleetText<Result>(text: string, action: () => Promise<Result>): Promise<Result> {
  try {
    return await action();
  } catch (error) {
    throw error instanceof FleetProblemsError ? error.withText(text) : error;
  }
}
