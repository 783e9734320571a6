import { type IncomingMessage, ServerResponse, createServer } from "node:http";
import { Socket } from "node:net";
import { createProxyServer } from "httpxy";
import { log, runStandIn } from "../base/program.ts";
import { type Decision, decide } from "./gateway-decide.ts";
import { readGatewayConfig } from "./gateway-config.ts";

/** Stand-in for Envoy as Supabase's gateway: routes and guards by the very configuration that Berth writes for Envoy. */
runStandIn("Supabase gateway (Envoy)", () => {
  const position = process.argv.indexOf("-c");
  const config = readGatewayConfig(process.argv[position + 1] ?? "/etc/envoy/envoy.yaml");
  log(`${config.routes.length} routes, keys of ${[...config.keys.values()].join(", ")}`);
  const proxy = createProxyServer({ xfwd: true });
  proxy.on("error", (error, _, response) => {
    process.stderr.write(`${error.message}\n`);
    if (response instanceof ServerResponse && !response.headersSent)
      response.writeHead(503).end("upstream connect error");
    if (response instanceof Socket) response.destroy();
  });

  const server = createServer((request, response) => {
    const decision = decided(request);
    if (decision.kind === "answer") {
      response.writeHead(decision.status, decision.headers).end(decision.body);
      return;
    }
    proxy.web(prepared(request, decision), response, { target: decision.target }).catch(told);
  });
  server.on("upgrade", (request, socket, head) => {
    const decision = decided(request);
    if (decision.kind === "answer" || !(socket instanceof Socket)) {
      socket.end(`HTTP/1.1 ${decision.kind === "answer" ? decision.status : 500} Refused\r\n\r\n`);
      return;
    }
    proxy.ws(prepared(request, decision), socket, { target: decision.target }, head).catch(told);
  });

  const decided = ({ method = "GET", url = "/", headers }: IncomingMessage): Decision =>
    decide(config, { method, url, headers });
  return { servers: [[server, config.port]] };
});

function prepared(request: IncomingMessage, { url, headers }: Decision & { kind: "forward" }): IncomingMessage {
  request.url = url;
  request.headers = headers;
  return request;
}

function told(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
}
