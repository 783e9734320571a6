import { randomInt } from "node:crypto";
import { generatedSecretSchema } from "@berth/shared/catalog/schema";
import type * as z from "zod";

/** Length in characters and alphabet; what is left out is the catalog's default. */
export type SecretRule = z.input<typeof generatedSecretSchema>;

/** Both are safe in URLs, connection strings, YAML and shells. */
const alphabets = {
  alphanumeric: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
  hex: "0123456789abcdef",
} as const;

/** A random value; every character is equally likely (randomInt draws again rather than taking a remainder). */
export function generateSecret(rule: SecretRule = {}): string {
  const { length, alphabet } = generatedSecretSchema.parse(rule);
  const characters = alphabets[alphabet];
  return Array.from({ length }, () => characters.charAt(randomInt(characters.length))).join("");
}
