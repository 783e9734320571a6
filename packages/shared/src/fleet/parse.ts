/** From the text of `fleet.yaml` to a validated fleet, or to every mistake with its place. Pure. */
import type { z } from "zod";
import type { Catalog } from "../catalog/schema.ts";
import { checkFleet } from "./check.ts";
import type { Problem } from "./problem.ts";
import { fleetSchema, type Fleet } from "./schema.ts";
import { FleetSource, type Path } from "./source.ts";
import { suggestion } from "./suggest.ts";

export type ParsedFleet = { fleet: Fleet; problems: [] } | { fleet: null; problems: Problem[] };

/** Largest fleet file, in characters. */
const maxLength = 1024 * 1024;

export function parseFleet(text: string, file: string, catalog: Catalog): ParsedFleet {
  if (text.length > maxLength) return failed([{ file, line: 1, column: 1, path: "", message: "is larger than 1 MiB" }]);
  const source = new FleetSource(text, file);
  const syntax = source.syntaxProblems();
  if (syntax.length > 0) return failed(syntax);
  const plain = source.value();
  if ("problem" in plain) return failed([plain.problem]);
  if (plain.value === null || plain.value === undefined) {
    return failed([source.problem([], "is empty; `berth fleet schema` describes what belongs in it")]);
  }
  const parsed = fleetSchema.safeParse(plain.value);
  if (!parsed.success) return failed(parsed.error.issues.flatMap((issue) => problemsOf(issue, source)));
  const problems = checkFleet(parsed.data, catalog).map(({ path, message, at }) => source.problem(path, message, at));
  return problems.length > 0 ? failed(problems) : { fleet: parsed.data, problems: [] };
}

function failed(problems: Problem[]): ParsedFleet {
  const unique = new Map(problems.map((problem) => [`${problem.line}:${problem.column}:${problem.message}`, problem]));
  return { fleet: null, problems: [...unique.values()].toSorted((a, b) => a.line - b.line || a.column - b.column) };
}

function problemsOf(issue: z.core.$ZodIssue, source: FleetSource): Problem[] {
  const path = issue.path.map((part) => (typeof part === "symbol" ? String(part) : part));
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) =>
        source.problem([...path, key], `unknown key '${key}'${suggestion(key, keysAt(path))}`, "key"),
      );
    case "invalid_key": {
      const key = String(path.at(-1));
      return [source.problem(path, `'${key}' ${issue.issues[0]?.message ?? "is not allowed as a name"}`, "key")];
    }
    case "invalid_union": {
      const nearest = issue.errors.toSorted((a, b) => depth(b) - depth(a))[0] ?? [];
      return nearest.flatMap((inner) => problemsOf({ ...inner, path: [...issue.path, ...inner.path] }, source));
    }
    default:
      return [source.problem(path, describe(issue, path, source))];
  }
}

function depth(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(0, ...issues.map((issue) => issue.path.length));
}

function describe(issue: z.core.$ZodIssue, path: Path, source: FleetSource): string {
  const written = source.written(path);
  if (issue.code === "invalid_type" && written === undefined && source.document.getIn(path) === undefined) {
    return `'${String(path.at(-1))}' is missing`;
  }
  if (issue.code === "invalid_value") {
    const values = issue.values.map(String);
    return `'${written ?? ""}' is not allowed${suggestion(written ?? "", values)}`;
  }
  return written === undefined
    ? issue.message
    : `'${written}' ${issue.message.replace(/^Invalid input: /, "is wrong: ")}`;
}

/** Keys that the schema knows at a path: names of the fleet's own (nodes, tenants …) are stepped over. */
function keysAt(path: Path): string[] {
  let schema: unknown = fleetSchema;
  for (const part of path) schema = childSchema(unwrap(schema), String(part));
  const shape = shapeOf(unwrap(schema));
  return shape === undefined ? [] : Object.keys(shape);
}

interface SchemaDefinition {
  innerType?: unknown;
  in?: unknown;
  shape?: Record<string, unknown>;
  valueType?: unknown;
  element?: unknown;
  options?: readonly unknown[];
}

function definitionOf(schema: unknown): SchemaDefinition {
  return (schema as { def?: SchemaDefinition } | undefined)?.def ?? {};
}

/** Through default, optional, nullable and pipe to the schema that has keys. */
function unwrap(schema: unknown): unknown {
  let current = schema;
  for (;;) {
    const { innerType, in: input, options } = definitionOf(current);
    const next = innerType ?? input ?? options?.find((option) => shapeOf(option) !== undefined);
    if (next === undefined) return current;
    current = next;
  }
}

function shapeOf(schema: unknown): Record<string, unknown> | undefined {
  return definitionOf(schema).shape;
}

function childSchema(schema: unknown, key: string): unknown {
  const { shape, valueType, element } = definitionOf(schema);
  return shape === undefined ? (valueType ?? element) : shape[key];
}
