/** Who may open a WebSocket: the holder of a client certificate of our authority that was not revoked. */
import type { X509Certificate } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import { BerthError, errorCatalogue } from "@berth/shared/errors";
import { backdatedMilliseconds } from "../authority/certificates.ts";
import type { AgentStore } from "../store.ts";
import type { Clock } from "../clock.ts";
import type { Identity } from "./connection.ts";

/**
 * The identity that the connection's client certificate proves. Only certificates that the store knows are good: a
 * serial that this controller never issued is nobody's.
 * @throws BerthError unauthenticated, forbidden
 */
export async function identify(request: IncomingMessage, store: AgentStore, clock: Clock): Promise<Identity> {
  const { socket } = request;
  if (!(socket instanceof TLSSocket)) throw unauthenticated("Agents connect over TLS");
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) throw unauthenticated("The agent showed no client certificate");
  if (!socket.authorized) {
    throw unauthenticated(`The client certificate is not valid here (${String(socket.authorizationError)})`);
  }
  const now = clock.now();
  if (now > certificate.validToDate.getTime()) throw unauthenticated("The client certificate has expired");
  if (now < certificate.validFromDate.getTime()) throw unauthenticated("The client certificate is not valid yet");
  const serial = certificate.serialNumber.toLowerCase();
  const [, node] = /^CN=(.+)$/.exec(certificate.subject) ?? [];
  if (node !== undefined && (await store.findCertificate(serial)) === undefined)
    await store.adoptCertificate({ serial, node, ...timesOf(certificate) });
  const known = await checkNotRevoked(serial, store);
  if (certificate.subject !== `CN=${known.node}`) throw unauthenticated("The client certificate is not of this node");
  return { node: known.node, serial, enrolment: known.enrolment, address: request.socket.remoteAddress ?? "unknown" };
}

function timesOf({ validFromDate, validToDate }: X509Certificate): { issuedAt: number; notAfter: number } {
  return { issuedAt: validFromDate.getTime() + backdatedMilliseconds, notAfter: validToDate.getTime() };
}

/** @throws BerthError forbidden, unauthenticated */
export async function checkNotRevoked(serial: string, store: AgentStore): Promise<{ node: string; enrolment: string }> {
  const known = await store.findCertificate(serial);
  if (known === undefined) throw unauthenticated("The client certificate is not known here");
  if (known.revoked !== null) {
    throw new BerthError("forbidden", `The client certificate was revoked: ${known.revoked.reason}`, {
      hint: "Enrol the node again with a new join token.",
    });
  }
  return known;
}

/** Ends an upgrade with an HTTP error in the shape of the API's. */
export function refuseUpgrade(socket: Duplex, error: BerthError): void {
  const status = errorCatalogue[error.code].httpStatus;
  const body = JSON.stringify({ error: error.toBody() });
  const lines = [
    `HTTP/1.1 ${status} ${statusTexts.get(status) ?? "Error"}`,
    "Connection: close",
    "Content-Type: application/json; charset=utf-8",
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  socket.once("finish", () => socket.destroy());
  socket.end(`${lines.join("\r\n")}\r\n\r\n${body}`);
}

const statusTexts = new Map([
  [400, "Bad Request"],
  [401, "Unauthorized"],
  [403, "Forbidden"],
  [429, "Too Many Requests"],
  [500, "Internal Server Error"],
  [503, "Service Unavailable"],
]);

function unauthenticated(message: string): BerthError {
  return new BerthError("unauthenticated", message, { hint: "Enrol the node again with a new join token." });
}
