/**
 * Loaded by Node before n8n (`--require`). n8n stops by closing its server, and Node then waits for every connection that
 * is answering at that moment. A connection on which a client goes on asking is kept for as long as it asks, so n8n would
 * run on until its timeout, and whoever waits for its next version with it. Here such a connection ends with its answer.
 */
export const stoppingScript = `const { Server } = require("node:http");
const { basename } = require("node:path");

const program = process.argv[1];
if (program !== undefined && basename(program) === "n8n") {
  const { close } = Server.prototype;
  Server.prototype.close = function (...given) {
    this.prependListener("request", (_request, response) => response.setHeader("connection", "close"));
    const answered = setInterval(() => this.closeIdleConnections(), 100);
    this.once("close", () => clearInterval(answered));
    return close.apply(this, given);
  };
}
`;
