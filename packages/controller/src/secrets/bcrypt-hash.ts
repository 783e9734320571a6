/** The hash by which a service knows a password that it must not hold itself. */
import { scryptSync } from "node:crypto";
import { BerthError } from "@berth/shared/errors";
import { encodeBase64, hashSync, truncates } from "bcryptjs";

const cost = 10;

/**
 * The same value under the same name always gives the same hash: a file that has it in it is written twice and does not
 * differ. So the salt is made of both, and slowly: whoever sees it tries out passwords no faster by it than by the hash.
 * A salt of the name alone would be known before the hash is.
 */
export function bcryptHash(value: string, name: string): string {
  // Whoever knows the beginning would be let in.
  if (truncates(value)) {
    throw new BerthError("request.invalid", `The secret '${name}' is longer than the 72 bytes that bcrypt heeds`, {
      hint: "Set a shorter one (`berth secret set`): the service takes nothing but its bcrypt hash.",
    });
  }
  const salt = scryptSync(value, `bcrypt ${name}`, 16);
  return hashSync(value, `$2b$${cost}$${encodeBase64([...salt], 16)}`);
}
