/** From bytes to a message, or a ProtocolViolation. Whatever comes, its cost is bounded by its length. */
import { agentMessageSchema, type AgentMessage } from "@berth/shared/protocol/messages";
import type * as z from "zod";
import { ProtocolViolation } from "./violation.ts";

/** Deeper JSON costs the parser many times what it costs the sender. No message needs a quarter of it. */
const maxDepth = 32;
const maxReasonLength = 200;

export function readJson(text: string): unknown {
  if (isDeeperThan(maxDepth, text)) throw new ProtocolViolation("The message is nested too deeply");
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new ProtocolViolation("The message is not JSON");
    throw error;
  }
}

export function readMessage(value: unknown): AgentMessage {
  return checkShape(agentMessageSchema, value);
}

/** The value as the schema has it, or a violation that names the first mistake, never the value. */
export function checkShape<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path
    .map(String)
    .join(".")
    .slice(0, maxReasonLength / 2);
  const what = issue?.message.slice(0, maxReasonLength / 2) ?? "unknown mistake";
  throw new ProtocolViolation(`The message does not fit the protocol at '${path ?? ""}': ${what}`);
}

const quote = 0x22;
const backslash = 0x5c;
const openers = new Set([0x5b, 0x7b]);
const closers = new Set([0x5d, 0x7d]);

function isDeeperThan(limit: number, text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === backslash) index++;
      else if (code === quote) inString = false;
    } else if (code === quote) inString = true;
    else if (openers.has(code)) {
      depth++;
      if (depth > limit) return true;
    } else if (closers.has(code)) depth--;
  }
  return false;
}
