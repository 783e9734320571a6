/** The idle Node that the agent is weighed against: one WebSocket, nothing else. Argument: the server's URL. */
import { WebSocket } from "ws";

const socket = new WebSocket(process.argv[2] ?? "");
socket.once("close", () => process.exit());
