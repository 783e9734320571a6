/** The exec endpoint of a test's controller: a command that answers its input in capitals, then ends. */
import { execClientMessageSchema, execRequestSchema, type execServerMessageSchema } from "@berth/shared/api/instances";
import type { FastifyInstance } from "fastify";
import { WebSocketServer, type WebSocket } from "ws";
import type * as z from "zod";

export interface SeenExec {
  path?: string;
  request?: z.output<typeof execRequestSchema>;
  resized: [number, number][];
}

export interface ExecBehaviour {
  seen: SeenExec;
  /** What the command ends with. */
  exitCode: number | null;
  /** In place of running it. */
  refusal?: string;
  /** The connection breaks when the input has ended. */
  breaks?: true;
  /** The command does not wait for its input. */
  endsAtOnce?: true;
}

export function serveExec(app: FastifyInstance, behaviour: ExecBehaviour): void {
  const server = new WebSocketServer({ noServer: true });
  app.server.on("upgrade", (request, socket, head) => {
    if (request.url !== undefined) behaviour.seen.path = request.url;
    server.handleUpgrade(request, socket, head, (peer) => serveCommand(peer, behaviour));
  });
}

function serveCommand(peer: WebSocket, { seen, exitCode, refusal, breaks, endsAtOnce }: ExecBehaviour): void {
  const send = (message: z.input<typeof execServerMessageSchema>): void => peer.send(JSON.stringify(message));
  const output = (channel: "stdout" | "stderr", text: string): void =>
    send({ type: "output", channel, data: Buffer.from(text).toString("base64") });
  peer.on("message", (frame) => {
    const data: unknown = JSON.parse(Buffer.isBuffer(frame) ? frame.toString("utf8") : "");
    if (seen.request === undefined) {
      seen.request = execRequestSchema.parse(data);
      if (refusal !== undefined) send({ type: "error", error: { code: "docker.failed", message: refusal } });
      if (endsAtOnce) send({ type: "exit", code: exitCode });
      return;
    }
    const message = execClientMessageSchema.parse(data);
    if (message.type === "resize") {
      seen.resized.push([message.columns, message.rows]);
    } else if (message.type === "ping") {
      send({ type: "pong", nodeSilentSeconds: 0 });
    } else if (message.type === "taken") {
      // This command says too little to wait for it.
    } else if (message.data !== "") {
      output("stdout", Buffer.from(message.data, "base64").toString().toUpperCase());
    } else if (breaks) {
      peer.terminate();
    } else {
      output("stderr", "bye\n");
      send({ type: "exit", code: exitCode });
    }
  });
}
