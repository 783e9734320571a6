/** The controller's three doors: the Unix socket, the page, and the TLS listener for agents and remote CLIs. */
import { chmod, mkdir, rm } from "node:fs/promises";
import { connect } from "node:net";
import { dirname } from "node:path";
import { BerthError } from "@berth/shared/errors";
import type { FastifyInstance } from "fastify";
import type { HandleUpgrade } from "../api/exec.ts";
import type { Listen } from "./options.ts";

/** Takes the socket of a controller that was killed; refuses one that somebody listens on. */
export async function listenOnSocket(app: FastifyInstance, path: string, mode: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  if (await isAnswered(path)) {
    throw new BerthError("conflict", `A controller already listens on ${path}`, {
      hint: "Stop it, or choose another --socket",
    });
  }
  await rm(path, { force: true });
  const previous = process.umask(0o177);
  try {
    await app.listen({ path });
  } finally {
    process.umask(previous);
  }
  await chmod(path, mode);
}

export async function listen(app: FastifyInstance, place: Listen): Promise<void> {
  if ("socket" in place) {
    await listenOnSocket(app, place.socket, 0o600);
    return;
  }
  try {
    await app.listen(place);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EADDRINUSE")) throw error;
    throw new BerthError("conflict", `${place.host}:${place.port} is taken by another program`, {
      hint: "Choose another address with --page or --agents",
      cause: error,
    });
  }
}

/** The first handler that knows the path takes the upgrade; one that nobody knows is closed. */
export function handleUpgrades(app: FastifyInstance, handlers: readonly HandleUpgrade[]): void {
  app.server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => socket.destroy());
    if (!handlers.some((handle) => handle(request, socket, head))) {
      socket.end("HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    }
  });
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(path);
    connection.once("connect", () => {
      connection.destroy();
      resolve(true);
    });
    connection.once("error", () => resolve(false));
  });
}
