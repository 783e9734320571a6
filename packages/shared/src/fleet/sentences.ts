/** What is wrong with a value, in one sentence, wherever the schema has no words of its own for it. Pure. */
import type * as z from "zod";

/** For `safeParse`: `'2.40' ` or nothing goes before it. */
export function sentenceOf(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return typeSentence(issue.expected, issue.input);
    case "too_small":
      if (issue.origin === "string") return "must not be empty";
      return `must be ${issue.inclusive === false ? "more than" : "at least"} ${issue.minimum}`;
    case "too_big":
      return `must be ${issue.inclusive === false ? "less than" : "at most"} ${issue.maximum}`;
    case "invalid_format":
      return formatSentence(issue.format, issue["prefix"]);
    default:
      return notAllowed;
  }
}

const notAllowed = "is not allowed here";

function formatSentence(format: string, prefix: unknown): string {
  if (format === "starts_with") return `must start with '${String(prefix)}'`;
  return format === "url" ? "must be an address such as https://example.org" : notAllowed;
}

/** For a value that none of several kinds fits: `must be a map of keys and values, or false`. */
export function alternativesSentence(branches: readonly (readonly z.core.$ZodIssue[])[]): string {
  return `must be ${[...new Set(branches.flatMap((issues) => issues.map(alternative)))].join(", or ")}`;
}

function alternative(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_value") return issue.values.map(String).join(" or ");
  return issue.code === "invalid_type" ? kindName(issue.expected) : "something else";
}

function typeSentence(expected: string, input: unknown): string {
  const kind = kindName(expected);
  if (input === null || input === undefined) return `must be ${kind}, and is empty`;
  if (typeof input === "object") return `must be ${kind}, not ${Array.isArray(input) ? "a list" : "a map"}`;
  if (expected === "string")
    return `must be text, and is ${typeof input === "number" ? "a number" : "true or false"} to YAML; put it in quotes`;
  if (typeof input === "string" && isNumeric(input) && ["number", "int"].includes(expected)) {
    return `must be ${kind}; leave out the quotes`;
  }
  return `must be ${kind}`;
}

function isNumeric(text: string): boolean {
  return text.trim() !== "" && Number.isFinite(Number(text));
}

function kindName(expected: string): string {
  switch (expected) {
    case "string":
      return "text";
    case "number":
      return "a number";
    case "int":
      return "a whole number";
    case "boolean":
      return "true or false";
    case "array":
      return "a list such as [a, b]";
    case "object":
    case "record":
      return "a map of keys and values";
    default:
      return expected;
  }
}
