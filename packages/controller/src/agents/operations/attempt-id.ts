import { createHash } from "node:crypto";

/**
 * The id of one attempt, as the agent sees it. A retry is another performance, so it needs another id; an attempt that
 * is carried on after a restart of the controller has to find its outcome under the id it had. So the id follows from
 * the two.
 */
export function attemptId(operationId: string, attempt: number): string {
  return idOf(`${operationId}/${attempt}`);
}

/** The id of an operation that another one consists of; `name` is what it is in it. */
export function partId(operationId: string, name: string): string {
  return idOf(`${operationId}/part/${name}`);
}

function idOf(text: string): string {
  const bytes = createHash("sha256").update(text).digest().subarray(0, 16);
  // Version 8 and the variant of RFC 9562: a UUID of one's own making.
  bytes[6] = (bytes.readUInt8(6) & 0x0f) | 0x80;
  bytes[8] = (bytes.readUInt8(8) & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
