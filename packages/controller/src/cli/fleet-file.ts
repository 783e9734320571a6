/** Reading the fleet file that a command was given, with the own services beside it. */
import { isUtf8 } from "node:buffer";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { buffer as readAll } from "node:stream/consumers";
import { BerthError } from "@berth/shared/errors";
import type { Problem } from "@berth/shared/fleet/problem";
import type { TextFile } from "@berth/shared/fleet/service-file";
import { FleetProblemsError, type FileTexts } from "./errors.ts";
import { problemSummary } from "./render/problem.ts";
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

export interface FleetFiles {
  /** The fleet file's name, for messages. */
  file: string;
  /** What a controller is given: the fleet file, with the services beside it under `catalog:`. */
  text: string;
  /** Mistakes that were seen on the way: with any, the text is not to be used. */
  problems: readonly Problem[];
  texts: FileTexts;
  /** From a mistake in `text` to the file and line where it is written. */
  locate: (problem: Problem) => Problem;
}

const servicesDirectory = "services";

/** The fleet file, or stdin for `-`, which has nothing beside it. */
export async function readFleetFiles(given: string, terminal: Terminal): Promise<FleetFiles> {
  const text = await readTextFile(given, terminal);
  const file = given === "-" ? "stdin" : given;
  const services = given === "-" ? [] : await readServices(given);
  const texts = new Map([{ file, text }, ...services].map((read) => [read.file, read.text]));
  if (services.length === 0) return { file, text, problems: [], texts, locate: (problem) => problem };
  // Only a fleet with own services pays for loading the catalog.
  const [{ assembleFleet }, { catalog }] = await Promise.all([
    import("@berth/shared/fleet/assemble"),
    import("@berth/shared/catalog/index"),
  ]);
  return { file, texts, ...assembleFleet({ file, text }, services, catalog) };
}

/** Files of own services beside a fleet file. */
export async function readServices(fleetFile: string): Promise<TextFile[]> {
  const directory = join(dirname(fleetFile), servicesDirectory);
  const names = (await listDirectory(directory)).filter((name) => /^[^.].*\.ya?ml$/.test(name)).toSorted();
  const misnamed = names.find((name) => name.endsWith(".yml"));
  if (misnamed !== undefined) {
    throw new BerthError("request.invalid", `'${join(directory, misnamed)}' would not be read.`, {
      hint: `Files of own services end with .yaml: rename it to ${misnamed.replace(/\.yml$/, ".yaml")}.`,
    });
  }
  const files = names.map((name) => join(directory, name));
  return Promise.all(files.map(async (file) => ({ file, text: decode(await readBytes(file), `'${file}'`) })));
}

/** Nothing where there is no such directory. */
async function listDirectory(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : String(error);
    if (reason === "ENOENT" || reason === "ENOTDIR") return [];
    throw new BerthError("request.invalid", `'${directory}' cannot be read (${reason}).`, { cause: error });
  }
}

/** Throws `fleet.invalid` when mistakes were seen on the way. */
export function refuseProblems({ problems, texts }: FleetFiles): void {
  if (problems.length > 0) throw new FleetProblemsError("fleet.invalid", problemSummary(problems), problems, { texts });
}

/**
 * What `action` throws about mistakes in the text is told where they are written, with the lines. Mistakes of another
 * text (the file merged with the present state) have other lines, and come without.
 */
export async function withFleetFiles<Result>(files: FleetFiles, action: () => Promise<Result>): Promise<Result> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof FleetProblemsError)) throw error;
    const { code, hint } = error;
    if (!error.problems.every((problem) => problem.file === files.file)) throw error;
    const problems = error.problems.map(files.locate);
    throw new FleetProblemsError(code, problemSummary(problems), problems, { texts: files.texts, hint });
  }
}
