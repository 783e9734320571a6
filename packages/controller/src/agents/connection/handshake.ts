/** From an open socket to `welcome`: default deny, version negotiation, one live connection per identity. */
import { closeCodes } from "@berth/shared/protocol/close";
import type { AgentMessageOf } from "@berth/shared/protocol/messages";
import { compatibilityOf, protocolVersion } from "@berth/shared/protocol/version";
import * as z from "zod";
import type { AgentStore } from "../store.ts";
import type { NoteEvent } from "../state/history.ts";
import type { Presence } from "../state/presence.ts";
import type { Clock } from "../clock.ts";
import type { Timing } from "../types.ts";
import { checkNotRevoked } from "./admission.ts";
import type { Connection } from "./connection.ts";
import { checkShape, readMessage } from "./read-message.ts";
import { ProtocolViolation } from "./violation.ts";

export type Hello = AgentMessageOf<"hello">;

export interface HandshakeContext {
  store: AgentStore;
  presence: Presence;
  clock: Clock;
  timing: Timing;
  note: NoteEvent;
  drift: (node: string) => "mend" | "report";
}

/** `hello` comes from a peer that has shown nothing but its certificate yet. */
const maxHelloBytes = 512 * 1024;

/** What an agent of any version says: enough to tell it that it is too old or too new. */
const versionSchema = z.looseObject({
  type: z.literal("hello"),
  protocol: z.object({ major: z.int(), minor: z.int() }),
  agentVersion: z.string().max(100),
});

/** The agent's `hello`, or undefined when the connection ended before it. */
export async function awaitHello(connection: Connection, context: HandshakeContext): Promise<Hello | undefined> {
  const { promise, resolve } = Promise.withResolvers<Hello>();
  const { helloSeconds } = context.timing;
  const timer = setTimeout(
    () => connection.close(closeCodes.silent, `No hello came within ${helloSeconds} s`),
    helloSeconds * 1000,
  );
  connection.receive = (value, bytes) => {
    if (bytes > maxHelloBytes) throw new ProtocolViolation("The first message is too large to be a hello");
    if (!isSupported(connection, value, context)) return;
    const message = readMessage(value);
    if (message.type !== "hello") throw new ProtocolViolation("The first message must be a hello");
    connection.receive = refuseUntilWelcome;
    resolve(message);
  };
  try {
    return await Promise.race([promise, connection.ended.then(() => undefined)]);
  } finally {
    clearTimeout(timer);
  }
}

function isSupported(connection: Connection, value: unknown, { note }: HandshakeContext): boolean {
  const { protocol, agentVersion } = checkShape(versionSchema, value);
  if (compatibilityOf(protocol) !== "unsupported") return true;
  const spoken = `${protocol.major}.${protocol.minor}`;
  const wanted = `${protocolVersion.major}.${protocolVersion.minor}`;
  const message = `Agent ${agentVersion} speaks protocol ${spoken}, the controller ${wanted}`;
  note(connection.identity.node, "agent.unsupported", message, { protocol: spoken, agentVersion });
  connection.close(closeCodes.unsupported, message);
  return false;
}

function refuseUntilWelcome(): void {
  throw new ProtocolViolation("Nothing may be sent between hello and welcome");
}

/**
 * Decides whether the connection becomes its node's. Must not run twice at once for one node. Answers the highest event
 * sequence that is stored, or undefined when the connection was refused.
 */
export async function admit(
  connection: Connection,
  hello: Hello,
  context: HandshakeContext,
): Promise<number | undefined> {
  const { node, serial, enrolment, address } = connection.identity;
  if (hello.node !== node) {
    const message = `The certificate is of node '${node}', the hello of '${hello.node}'`;
    context.note(node, "agent.refused", message, { address });
    connection.close(closeCodes.forbidden, message);
    return undefined;
  }
  if (!(await outlivesOlder(connection, hello, context))) return undefined;
  // Revoked while it waited for its turn?
  await checkNotRevoked(serial, context.store);
  const sequence = await context.store.lastEventSequence(node, enrolment);
  return connection.isOpen ? sequence : undefined;
}

/** True when no other live agent holds the identity. The same agent coming again takes the place of its older self. */
async function outlivesOlder(connection: Connection, hello: Hello, context: HandshakeContext): Promise<boolean> {
  const { node, address } = connection.identity;
  const older = context.presence.connection(node);
  if (older === undefined) return true;
  if (context.presence.bootId(node) === hello.bootId) {
    older.close(closeCodes.replaced, "The same agent connected again");
    return true;
  }
  if (await older.probe(context.timing.probeSeconds * 1000)) {
    const message = `A second agent came as '${node}' from ${address}, while the one at ${older.identity.address} is live`;
    context.note(node, "agent.duplicate", message, { address, live: older.identity.address });
    connection.close(closeCodes.duplicate, "Another live agent is connected under this identity");
    return false;
  }
  older.close(closeCodes.replaced, "It did not answer when the node's agent connected anew");
  return true;
}
