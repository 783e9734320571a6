/** Which keys the schema of a file knows where. Pure. */
import type * as z from "zod";
import type { Path } from "./source.ts";

/** Keys that the schema knows at a path, of every alternative: names of the file's own (nodes, tenants …) are stepped over. */
export function keysAt(path: Path, root: z.ZodType): string[] {
  let schemas = alternatives(root);
  for (const part of path) schemas = schemas.flatMap((schema) => alternatives(childSchema(schema, String(part))));
  return [...new Set(schemas.flatMap((schema) => Object.keys(definitionOf(schema).shape ?? {})))];
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

/** Through default, optional, nullable and pipe to the schemas that have keys; several in a union. */
function alternatives(schema: unknown): unknown[] {
  const { innerType, in: input, options } = definitionOf(schema);
  if (options !== undefined) return options.flatMap((option) => alternatives(option));
  const inner = innerType ?? input;
  return inner === undefined ? [schema] : alternatives(inner);
}

function childSchema(schema: unknown, key: string): unknown {
  const { shape, valueType, element } = definitionOf(schema);
  return shape === undefined ? (valueType ?? element) : shape[key];
}
