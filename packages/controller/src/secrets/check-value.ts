import { BerthError } from "@berth/shared/errors";

/** Shorter values cannot be taken out of logs: they would blot out words that are no secrets. */
export const minLength = 8;
const maxLength = 4096;
/** Room for an RSA key of 16384 bits. */
const maxKeyLength = 16_384;
/** Of all values these alone have lines. */
const privateKey = /^-----BEGIN ([A-Z ]*PRIVATE KEY)-----\n(?:[A-Za-z0-9+/]+={0,2}\n)+-----END \1-----$/;

/** Throws `request.invalid` for a value from elsewhere that nobody can have meant. `what` begins the sentence. */
export function checkValue(value: string, what = "The value"): void {
  const mistake = mistakeOf(value);
  if (mistake === undefined) return;
  throw new BerthError("request.invalid", `${what} ${mistake}`, { hint: "Nothing was changed." });
}

function mistakeOf(value: string): string | undefined {
  if (value === "") return "is empty";
  if (privateKey.test(value) && value.length <= maxKeyLength) return undefined;
  if (/[\r\n]/.test(value)) return "has a line break in it";
  if (/[^\u0020-\u007e]/.test(value)) return "holds characters other than printable ASCII";
  if (value !== value.trim()) return "begins or ends with a space";
  if (value.length < minLength) return `is shorter than ${minLength} characters`;
  return value.length > maxLength ? `is longer than ${maxLength} characters` : undefined;
}
