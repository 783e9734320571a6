/** Holds the other end of the idle Node's WebSocket. Arguments: address and port. Says a line when it listens, and for each client. */
import { WebSocketServer } from "ws";

const [host, port] = process.argv.slice(2);
const server = new WebSocketServer({ host: host ?? "127.0.0.1", port: Number(port) });
server.once("listening", () => process.stdout.write("listening\n"));
server.on("connection", () => process.stdout.write("connected\n"));
