/** Which keys the schema of a fleet file knows where. Pure. */
import { fleetSchema } from "./schema.ts";
import type { Path } from "./source.ts";

/** Keys that the schema knows at a path: names of the fleet's own (nodes, tenants …) are stepped over. */
export function keysAt(path: Path): string[] {
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
