import { parseArgs } from "node:util";
import { writeWhole } from "../host/files.ts";
import { listenRelay } from "./relay.ts";

/** The relay as a process of its own: `node main.ts --port 8420 --socket PATH --ready FILE`. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { port: { type: "string" }, socket: { type: "string" }, ready: { type: "string" } },
  });
  const { port, socket, ready } = values;
  if (port === undefined || socket === undefined || ready === undefined) {
    throw new Error("The relay needs --port, --socket and --ready");
  }
  const relay = await listenRelay(Number(port), socket);
  await writeWhole(ready, JSON.stringify({ pid: process.pid, port: relay.port, socketPath: socket }));
}

await main();
