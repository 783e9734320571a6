/** Vectors of points: what a collection takes, and how near two of them are. */
import type { Schemas } from "@qdrant/js-client-rest";
import { badInput, malformed, notOffered } from "./errors.ts";
import { asList, asObject, isAbsent, isObject, type JsonObject, wholeNumber } from "./json.ts";

export type Distance = Schemas["Distance"];

export interface VectorSettings {
  size: number;
  distance: Distance;
}

/** By name; the unnamed one's is "". */
export type VectorsSettings = Readonly<Record<string, VectorSettings>>;
export type Vectors = Readonly<Record<string, readonly number[]>>;

const unnamed = "";

/** `vectors` of a new collection: one without a name, several by name, or none. */
export function parseVectorsSettings(value: unknown): VectorsSettings {
  if (isAbsent(value)) return {};
  const vectors = asObject(value, "vectors");
  if ("size" in vectors) return { [unnamed]: parseVectorSettings(vectors, "vectors") };
  return Object.fromEntries(
    Object.entries(vectors).map(([name, settings]) => [
      name,
      parseVectorSettings(asObject(settings, `vectors.${name}`), `vectors.${name}`),
    ]),
  );
}

export function parseVectorSettings(value: JsonObject, what: string): VectorSettings {
  if (!isAbsent(value["multivector_config"])) throw notOffered("multivectors");
  return { size: wholeNumber(value["size"], `${what}.size`, 1, 65_536), distance: parseDistance(value["distance"]) };
}

function parseDistance(value: unknown): Distance {
  if (value === "Cosine" || value === "Dot" || value === "Euclid" || value === "Manhattan") return value;
  throw malformed(
    `unknown variant \`${String(value)}\`, expected one of \`Cosine\`, \`Euclid\`, \`Dot\`, \`Manhattan\``,
  );
}

/** As the original tells them: a single vector without a name by itself. */
export function presentVectorsSettings(settings: VectorsSettings): Schemas["VectorsConfig"] {
  const only = Object.keys(settings).length === 1 ? settings[unnamed] : undefined;
  return only ?? { ...settings };
}

/** A point's vectors: a list of numbers for the unnamed one, or lists by name. Cosine keeps them with length 1. */
export function parseVectors(value: unknown, settings: VectorsSettings): Vectors {
  const named = isObject(value) ? value : { [unnamed]: value };
  return Object.fromEntries(
    Object.entries(named).map(([name, vector]) => {
      const wanted = settings[name];
      if (wanted === undefined) throw badInput(`Not existing vector name error: ${name}`);
      const numbers = parseVector(vector, wanted.size);
      return [name, wanted.distance === "Cosine" ? normalised(numbers) : numbers];
    }),
  );
}

export function parseVector(value: unknown, size: number): number[] {
  const numbers = asList(value, "vector").map((item) => {
    if (typeof item !== "number") throw notOffered("vectors other than lists of numbers");
    return item;
  });
  if (numbers.length !== size) {
    throw badInput(`Vector dimension error: expected dim: ${size}, got ${numbers.length}`);
  }
  return numbers;
}

function normalised(vector: readonly number[]): number[] {
  const length = Math.hypot(...vector);
  return length === 0 ? [...vector] : vector.map((value) => value / length);
}

/** The better the match, the more (Cosine, Dot) or the less (Euclid, Manhattan). */
export function score(distance: Distance, query: readonly number[], vector: readonly number[]): number {
  const compared = distance === "Cosine" ? normalised(query) : query;
  let sum = 0;
  for (const [position, value] of compared.entries()) {
    const other = vector[position] ?? 0;
    if (distance === "Euclid") sum += (value - other) ** 2;
    else if (distance === "Manhattan") sum += Math.abs(value - other);
    else sum += value * other;
  }
  return distance === "Euclid" ? Math.sqrt(sum) : sum;
}

export function isMoreBetter(distance: Distance): boolean {
  return distance === "Cosine" || distance === "Dot";
}
