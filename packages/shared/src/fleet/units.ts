import * as z from "zod";

const factors = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 } as const;

const wording = "must be a size such as 512MiB or 16GiB";
const description = "A size in binary units: 512MiB, 16GiB";

/** A size in binary units, written `512MiB` or `16GiB`; parsed to bytes. */
export const sizeSchema = z
  .string({ error: wording })
  .regex(/^\d+(?:\.\d+)?\s?(KiB|MiB|GiB|TiB)$/, { error: wording })
  .transform(parseSize)
  .refine((bytes) => bytes <= 1024 * factors.TiB, { error: "must be at most 1024TiB" })
  .meta({ description });

/** The same with a lower limit and its reason: `must be at least 6MiB, the least that Docker takes`. */
export function sizeFrom(least: string, reason: string): typeof sizeSchema {
  return sizeSchema
    .refine((bytes) => bytes >= parseSize(least), { error: `must be at least ${least}, ${reason}` })
    .meta({ description });
}

/** `16GiB` -> 17179869184. The text must match `sizeSchema`. */
export function parseSize(text: string): number {
  const unit = text.slice(-3) as keyof typeof factors;
  return Math.round(Number.parseFloat(text) * factors[unit]);
}

/** 17179869184 -> `16GiB`, the largest unit that keeps it whole. */
export function formatSize(bytes: number): string {
  for (const unit of ["TiB", "GiB", "MiB"] as const) {
    if (bytes >= factors[unit] && bytes % factors[unit] === 0) return `${bytes / factors[unit]}${unit}`;
  }
  return `${bytes / factors.KiB}KiB`;
}

/** For reading, to two decimals: 17.25GiB, 416MiB, -1.5GiB, 0. */
export function roundSize(bytes: number): string {
  if (bytes === 0) return "0";
  const unit = (["TiB", "GiB"] as const).find((name) => Math.abs(bytes) >= factors[name]) ?? "MiB";
  return `${Number((bytes / factors[unit]).toFixed(2))}${unit}`;
}
