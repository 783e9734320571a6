/** A WebSocket to the controller, over its Unix socket or TLS. */
import { WebSocket } from "ws";
import { BerthError } from "@berth/shared/errors";
import { errorFrom } from "./client.ts";
import { authorization, readBody, tlsOptions } from "./request.ts";
import { formatTarget, type Target } from "./target.ts";

const handshakeMilliseconds = 15_000;

/** Open when returned. Throws what the controller answered in place of opening it. */
export function openSocket(target: Target, path: string): Promise<WebSocket> {
  const socket = new WebSocket(socketUrl(target, path), {
    headers: authorization(target),
    handshakeTimeout: handshakeMilliseconds,
    ...tlsOptions(target),
  });
  return new Promise((resolve, reject) => {
    socket.once("open", () => resolve(socket));
    socket.once("unexpected-response", (_, answer) => {
      readBody(target, answer).then((text) => reject(errorFrom(answer, text, target)), reject);
    });
    socket.once("error", (error) => {
      reject(
        new BerthError(
          "controller.unreachable",
          `The connection to ${formatTarget(target)} failed: ${error.message}.`,
          {
            cause: error,
          },
        ),
      );
    });
  });
}

function socketUrl(target: Target, path: string): string {
  if (target.kind === "unix") return `ws+unix:${target.socket}:${path}`;
  return new URL(path, target.url).href.replace(/^http/, "ws");
}
