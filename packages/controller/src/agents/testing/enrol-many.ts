/**
 * Makes the state of a controller that knows so many nodes, each enrolled as an agent does it, and writes what their
 * agents need into a file. For `berth bench`: STATE-DIRECTORY COUNT FILE.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { pino } from "pino";
import { createAgentStore } from "../../inventory/agents.ts";
import { putNode } from "../../inventory/nodes.ts";
import { openInventory } from "../../inventory/open.ts";
import { statePaths } from "../../serve/options.ts";
import { openAuthority } from "../authority/authority.ts";
import { createHub } from "../hub.ts";
import { makeKeyAndRequest } from "./certificates.ts";

const [stateDirectory = "", count = "", file = ""] = process.argv.slice(2);
const address = "127.0.0.1";
const paths = statePaths(stateDirectory);
await mkdir(stateDirectory, { recursive: true, mode: 0o700 });
const authority = await openAuthority({ directory: paths.authority });
const inventory = await openInventory({ file: paths.inventory });
const store = createAgentStore(inventory);
const hub = await createHub({ store, authority, version: "0.1.0", logger: pino({ level: "silent" }) });
const agents = [];
for (let index = 1; index <= Number(count); index += 1) {
  const node = `node${index}`;
  await putNode(inventory.database, { name: node, address, proxmox: null });
  const { token } = await hub.createJoinToken({ node, validSeconds: 60 });
  const { key, csr } = await makeKeyAndRequest();
  const { certificate } = await hub.handleEnrol({ body: { token, csr }, remoteAddress: address });
  agents.push({ node, key, certificate });
}
await hub.close();
await inventory.close();
await writeFile(file, JSON.stringify({ ca: authority.caPem, agents }), { mode: 0o600 });
