/** What is typed and shown is bytes; in messages it is base64. */

/** A message of the controller may hold 1 MiB; of base64, whose bytes are four for three, with room to spare. */
const pieceBytes = 48 * 1024;
/** Engines limit how many arguments a call may have. */
const argumentsAtOnce = 8 * 1024;

export function encodeBase64(bytes: Uint8Array): string {
  let text = "";
  for (let start = 0; start < bytes.length; start += argumentsAtOnce) {
    text += String.fromCharCode(...bytes.subarray(start, start + argumentsAtOnce));
  }
  return btoa(text);
}

export function decodeBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** Each as much as one message may hold. What is pasted can be long. */
export function pieces(bytes: Uint8Array): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; start += pieceBytes) found.push(bytes.subarray(start, start + pieceBytes));
  return found;
}

/** With an escape in it, a text could end the brackets that shells put around what is pasted, and run what follows. */
export function withoutEscapes(text: string): string {
  return text.replaceAll("\u001b", "");
}
