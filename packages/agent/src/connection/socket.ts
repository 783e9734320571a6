/** The WebSocket to the controller: TLS 1.3, the controller's CA as the only one, the node's certificate as proof. */
import { connectPath } from "@berth/shared/protocol/enrolment";
import { maxMessageBytes } from "@berth/shared/protocol/messages";
import { WebSocket } from "ws";
import type { Identity } from "../enrol/identity.ts";

const handshakeMilliseconds = 10_000;

export function openSocket(identity: Identity): WebSocket {
  const url = new URL(connectPath, identity.controller);
  url.protocol = "wss:";
  return new WebSocket(url, {
    ca: identity.ca,
    cert: identity.certificate,
    key: identity.key,
    minVersion: "TLSv1.3",
    handshakeTimeout: handshakeMilliseconds,
    maxPayload: maxMessageBytes,
    // Frames of numbers shrink little, and zlib would cost each agent its memory.
    perMessageDeflate: false,
    followRedirects: false,
    // Masks keep browsers from forging what proxies between would take for requests: here nothing is between. Without one
    // the agent, which runs without a compiler, need not walk through each byte that it sends.
    generateMask: (mask) => mask.fill(0),
  });
}
