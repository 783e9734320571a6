/** From what the schema found to mistakes in words, each at its path. Pure. */
import type * as z from "zod";
import { keysAt } from "./keys.ts";
import { alternativesSentence } from "./sentences.ts";
import type { FleetSource, Path } from "./source.ts";
import type { Problem } from "./problem.ts";
import { suggest, suggestion } from "./suggest.ts";

/**
 * What `schema` found in the value of `source`, each mistake once. The issues must carry their input (`reportInput`): a key
 * that is missing because it is misspelt is told at the key that was probably meant to be it.
 */
export function schemaProblems(issues: readonly z.core.$ZodIssue[], source: FleetSource, schema: z.ZodType): Problem[] {
  const all = issues.flatMap((issue) => innermost(issue));
  const misspelt = new Set(all.flatMap((issue) => meantPaths(issue, schema)));
  return all
    .filter((issue) => !(isMissing(issue) && misspelt.has(textOf(issue.path))))
    .flatMap((issue) => problemsOf(issue, source, schema));
}

/** Through unions to the branch that was probably meant: the one in which something was found deepest. */
function innermost(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== "invalid_union") return [issue];
  if (issue.discriminator !== undefined && "options" in issue) return [discriminatorIssue(issue, issue.options ?? [])];
  const branches = issue.errors;
  if (branches.every(([only, ...more]) => only !== undefined && more.length === 0 && isOfAnotherKind(only))) {
    return [{ code: "custom", path: issue.path, message: alternativesSentence(branches) }];
  }
  const nearest = branches.toSorted((a, b) => depth(b) - depth(a))[0] ?? [];
  return nearest.flatMap((inner) => innermost({ ...inner, path: [...issue.path, ...inner.path] }));
}

/** Of alternatives that one key tells apart, none has this value there. */
function discriminatorIssue(
  { path, input, discriminator = "" }: z.core.$ZodIssueInvalidUnion,
  options: readonly z.core.util.Primitive[],
): z.core.$ZodIssue {
  const isGiven = typeof input === "object" && input !== null && discriminator in input;
  if (isGiven) return { code: "invalid_value", values: [...options], path, message: "", input: null };
  const message = `'${discriminator}' is missing; one of ${options.map((option) => `'${String(option)}'`).join(", ")}`;
  return { code: "custom", path: path.slice(0, -1), message, input: null };
}

function isOfAnotherKind(issue: z.core.$ZodIssue): boolean {
  return issue.path.length === 0 && (issue.code === "invalid_type" || issue.code === "invalid_value");
}

function depth(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(0, ...issues.map((issue) => issue.path.length));
}

/** Paths of the keys that unknown ones were probably meant to be. */
function meantPaths(issue: z.core.$ZodIssue, schema: z.ZodType): string[] {
  if (issue.code !== "unrecognized_keys") return [];
  const path = pathOf(issue);
  return issue.keys.flatMap((key) => {
    const meant = suggest(key, keysAt(path, schema));
    return meant === undefined ? [] : [textOf([...path, meant])];
  });
}

function problemsOf(issue: z.core.$ZodIssue, source: FleetSource, schema: z.ZodType): Problem[] {
  const path = pathOf(issue);
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) =>
        source.problem([...path, key], `unknown key '${key}'${suggestion(key, keysAt(path, schema))}`, "key"),
      );
    case "invalid_key": {
      const key = String(path.at(-1));
      return [source.problem(path, `'${key}' ${issue.issues[0]?.message ?? "is not allowed as a name"}`, "key")];
    }
    default:
      return [source.problem(path, describe(issue, path, source))];
  }
}

function describe(issue: z.core.$ZodIssue, path: Path, source: FleetSource): string {
  if (isMissing(issue)) return `'${String(path.at(-1))}' is missing`;
  const written = source.written(path);
  if (issue.code === "invalid_value") {
    return `'${written ?? ""}' is not allowed${suggestion(written ?? "", issue.values.map(String))}`;
  }
  return written === undefined || issue.input === null ? issue.message : `'${written}' ${issue.message}`;
}

function isMissing(issue: z.core.$ZodIssue): boolean {
  return issue.code === "invalid_type" && issue.input === undefined;
}

function pathOf(issue: z.core.$ZodIssue): (string | number)[] {
  return issue.path.map((part) => (typeof part === "symbol" ? String(part) : part));
}

function textOf(path: readonly PropertyKey[]): string {
  return path.map(String).join("\n");
}
