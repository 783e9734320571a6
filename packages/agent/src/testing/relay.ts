/** Listens on a port of the namespace it runs in and leads to a Unix socket of the test. Prints the port. */
import { createConnection, createServer } from "node:net";

const [path = ""] = process.argv.slice(2);
const server = createServer((incoming) => {
  const outgoing = createConnection(path);
  incoming.pipe(outgoing).pipe(incoming);
  const end = (): void => {
    incoming.destroy();
    outgoing.destroy();
  };
  for (const socket of [incoming, outgoing]) socket.on("error", end).on("close", end);
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address === "object") process.stdout.write(`${address.port}\n`);
});
