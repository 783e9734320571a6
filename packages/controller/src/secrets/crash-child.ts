/** Rotates the key of the secrets in the given directory until it is killed, for key-rotation.test.ts; a dot for each. */
import { join } from "node:path";
import { openInventory } from "../inventory/open.ts";
import { openSecrets } from "./open.ts";

const directory = process.argv[2] ?? "";
const inventory = await openInventory({ file: join(directory, "inventory.sqlite") });
const secrets = await openSecrets({ inventory, key: { stateDirectory: directory } });
process.stdout.write(".");
for (;;) {
  await secrets.rotateKey();
  process.stdout.write(".");
}
