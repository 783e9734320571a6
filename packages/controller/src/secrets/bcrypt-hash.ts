/** The hash by which a service knows a password that it must not hold itself. */
import { createHash } from "node:crypto";
import { encodeBase64, hashSync } from "bcryptjs";

const cost = 10;

/**
 * The same value under the same name always gives the same hash: a file that has it in it is written twice and does not
 * differ. So the salt is made of the name, which says nothing of the value and is another one for each.
 */
export function bcryptHash(value: string, name: string): string {
  const salt = createHash("sha256").update(name).digest().subarray(0, 16);
  return hashSync(value, `$2b$${cost}$${encodeBase64([...salt], 16)}`);
}
