/** A fleet file and the services beside it as one text, from which every mistake finds its way back to its own file. Pure. */
import type { Catalog } from "../catalog/schema.ts";
import { catalogInsertion, type Insertion } from "./insert-catalog.ts";
import type { Problem } from "./problem.ts";
import { inOrder, readYaml } from "./read-yaml.ts";
import { parseServiceFile, type ServiceFile, type TextFile } from "./service-file.ts";
import { FleetSource } from "./source.ts";

export interface AssembledFleet {
  /** What a controller is given. */
  text: string;
  /** Mistakes that are seen before the whole is looked at; with any, the text is the fleet file's alone. */
  problems: Problem[];
  /** From a mistake in `text` to where it is written; those of other texts come back as they are. */
  locate: (problem: Problem) => Problem;
}

export function assembleFleet(fleet: TextFile, services: readonly TextFile[], builtIn: Catalog): AssembledFleet {
  const alone = (problems: Problem[]): AssembledFleet => ({ text: fleet.text, problems, locate: (problem) => problem });
  const parsed = services.map((file) => parseServiceFile(file, builtIn));
  const wrong = parsed.flatMap(({ problems }) => problems);
  if (wrong.length > 0) return alone(wrong);
  const own = parsed.flatMap((service) => (service.service === null ? [] : [service]));
  const read = readYaml(fleet.text, fleet.file);
  // What keeps it from being read, or it being no map, is told when it is parsed.
  if (own.length === 0 || read.source === null || !isRecord(read.value)) return alone([]);
  const twice = namedTwice(own, read.source, read.value);
  if (twice.length > 0) return alone(twice);
  const written = Object.fromEntries(own.map(({ service, value }) => [service.name, value]));
  const insertion = catalogInsertion(fleet.text, read.source, written);
  if (insertion !== undefined) return together(fleet, own, insertion);
  if (!isRecord(read.value["catalog"])) return alone([]);
  const message = "must be written here as a map for the files in services/ to come into it";
  return alone([read.source.problem(["catalog"], message)]);
}

function namedTwice(
  own: readonly ServiceFile[],
  source: FleetSource,
  { catalog }: Readonly<Record<string, unknown>>,
): Problem[] {
  if (!isRecord(catalog)) return [];
  const twice = own.filter(({ service }) => Object.hasOwn(catalog, service.name));
  return inOrder(
    twice.map(({ service, source: { file } }) =>
      source.problem(["catalog", service.name], `'${service.name}' stands in ${file}, too; keep one of the two`, "key"),
    ),
  );
}

function together(fleet: TextFile, own: readonly ServiceFile[], { at, text: inserted }: Insertion): AssembledFleet {
  const text = fleet.text.slice(0, at) + inserted + fleet.text.slice(at);
  const sources = new Map(own.map(({ service, source }) => [service.name, source]));
  let whole: FleetSource | undefined;
  return {
    text,
    problems: [],
    locate(problem) {
      if (problem.file !== fleet.file) return problem;
      const offset = offsetOf(text, problem);
      if (offset < at) return problem;
      if (offset >= at + inserted.length) return { ...problem, ...placeOf(fleet.text, offset - inserted.length) };
      const [, name = "", ...path] = problem.path.split(".");
      const source = sources.get(name);
      if (source === undefined) return { ...problem, ...placeOf(fleet.text, at) };
      whole ??= new FleetSource(text, fleet.file);
      const key = whole.problem(["catalog", name, ...path], problem.message, "key");
      const isAtKey = key.line === problem.line && key.column === problem.column;
      return source.problem(path, problem.message, isAtKey ? "key" : "value");
    },
  };
}

function offsetOf(text: string, { line, column }: Pick<Problem, "line" | "column">): number {
  let start = 0;
  for (let above = 1; above < line; above += 1) start = text.indexOf("\n", start) + 1;
  return start + column - 1;
}

function placeOf(text: string, offset: number): Pick<Problem, "line" | "column"> {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
