import * as z from "zod";
import { parameterFailure } from "./failures.ts";

/** Raw parameters as they came: path, query and body put together. Form values are strings, repeated keys are arrays. */
export type RawParameters = Record<string, unknown>;

/** Proxmox VE joins the values of a repeated key with NUL and splits lists at it again. */
function asText(value: unknown): unknown {
  if (Array.isArray(value)) return value.join("\0");
  return typeof value === "number" || typeof value === "boolean" ? String(value) : value;
}

export function text(limits: { maxLength?: number; minLength?: number } = {}) {
  return z.preprocess(
    asText,
    z
      .string()
      .min(limits.minLength ?? 0, `value must be at least ${limits.minLength} characters long`)
      .max(limits.maxLength ?? 64 * 1024, `value may only be ${limits.maxLength} characters long`),
  );
}

export function formatted(pattern: RegExp, complaint: string, maxLength = 8192) {
  return text({ maxLength }).refine((value) => pattern.test(value), { error: `invalid format - ${complaint}` });
}

export function enumeration<const Values extends readonly [string, ...string[]]>(values: Values) {
  return z.preprocess(
    asText,
    z.enum(values, {
      error: (issue) =>
        `value '${String(issue.input)}' does not have a value in the enumeration '${values.join(", ")}'`,
    }),
  );
}

function numeric(kind: "integer" | "number", pattern: RegExp, minimum: number, maximum: number) {
  return text().transform((value, context) => {
    const complain = (message: string): typeof z.NEVER => {
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    };
    if (!pattern.test(value)) return complain(`type check ('${kind}') failed - got '${value}'`);
    const number = Number(value);
    if (number < minimum) return complain(`value must have a minimum value of ${minimum}`);
    if (number > maximum) return complain(`value must have a maximum value of ${maximum}`);
    return number;
  });
}

export function integer(minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER) {
  return numeric("integer", /^[+-]?\d+$/, minimum, maximum);
}

export function decimal(minimum: number, maximum: number) {
  return numeric("number", /^[+-]?\d+(\.\d+)?$/, minimum, maximum);
}

export function flag() {
  return text().transform((value, context) => {
    if (/^(1|on|yes|true)$/i.test(value)) return true;
    if (/^(0|off|no|false)$/i.test(value)) return false;
    context.addIssue({ code: "custom", message: `type check ('boolean') failed - got '${value}'` });
    return z.NEVER;
  });
}

export const vmidParameter = integer(100, 999_999_999);

/** Checks raw parameters against a schema; what is wrong becomes Proxmox VE's 400 with one sentence per parameter. */
export function verifyParameters<Schema extends z.ZodType>(schema: Schema, raw: RawParameters): z.output<Schema> {
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  throw parameterFailure(Object.fromEntries(result.error.issues.flatMap((issue) => complaintsOf(issue, raw))));
}

function complaintsOf(issue: z.core.$ZodIssue, raw: RawParameters): [parameter: string, complaint: string][] {
  if (issue.code === "unrecognized_keys") {
    const complaint = "property is not defined in schema and the schema does not allow additional properties";
    return issue.keys.map((key) => [key, complaint]);
  }
  const parameter = String(issue.path[0] ?? "");
  if (raw[parameter] === undefined) return [[parameter, "property is missing and it is not optional"]];
  return [[parameter, issue.message]];
}
