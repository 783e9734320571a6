/** What an agent of an older protocol is told of an operation. Pure. */
import { knows, type ProtocolVersion } from "@berth/shared/protocol/version";

/** Agents refuse what they do not know. Without `sideBySide`, one of 1.0 exchanges a container as it always did. */
export function knownInput(input: unknown, agent: ProtocolVersion | null | undefined): unknown {
  return knows(1, agent) ? input : withoutSideBySide(input);
}

function withoutSideBySide(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSideBySide);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([key, of]) => !(key === "sideBySide" && of === true));
  return Object.fromEntries(entries.map(([key, of]) => [key, withoutSideBySide(of)]));
}
