import { parseArgs } from "node:util";
import { writeWhole } from "../host/files.ts";
import { gatewayTargetsSchema } from "./gateway.ts";
import { listenGateway } from "./relay.ts";

/** The gateway as a process of the lab's network: `node gateway-main.ts --targets JSON --ready FILE`. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { targets: { type: "string" }, ready: { type: "string" } } });
  const { targets, ready } = values;
  if (targets === undefined || ready === undefined) throw new Error("The gateway needs --targets and --ready");
  const parsed = gatewayTargetsSchema.parse(JSON.parse(targets));
  for (const target of parsed) await listenGateway(target);
  await writeWhole(ready, JSON.stringify({ pid: process.pid, targets: parsed }));
}

await main();
