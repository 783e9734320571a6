/** `pnpm stand-in`: the stand-in on a port of its own, with the built page and a fleet in which something happens. */
import { fileURLToPath } from "node:url";
import { password, StandIn } from "./stand-in.ts";

const port = 8429;
const standIn = new StandIn({ port, page: fileURLToPath(new URL("../../dist", import.meta.url)) });
const url = await standIn.listen();
process.stdout.write(`${url}  account admin, password "${password}"\n`);

for (let move = 0; move < 24; move += 1) standIn.advanceRun();
setInterval(() => {
  standIn.advanceRun();
  standIn.writeLog(`${new Date().toISOString()} GET /healthz 200`);
}, 900);
setTimeout(() => {
  standIn.changeInstance("user2-flowise", { state: "unhealthy" });
  standIn.changeInstance("user1-n8n", { drift: ['environment: N8N_HOST is "other", not "n8n.user1.lab"'] });
}, 1500);
