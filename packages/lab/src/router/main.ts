import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { writeWhole } from "../host/files.ts";
import { ensureRouterAuthority } from "./authority.ts";
import { createCheck } from "./check.ts";
import { startRouter } from "./router.ts";
import { routerSettingsSchema } from "./settings.ts";

/** The router as a process of the lab's network: `node main.ts --settings FILE --ready FILE`. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { settings: { type: "string" }, ready: { type: "string" } } });
  if (values.settings === undefined || values.ready === undefined) {
    throw new Error("The router needs --settings and --ready");
  }
  const settings = routerSettingsSchema.parse(JSON.parse(await readFile(values.settings, "utf8")));
  const { address, endpoint, ca, token, directory, publishedSchema } = settings;
  const router = await startRouter({
    address,
    ports: { web: 80, websecure: 443 },
    provider: { endpoint, ca, token },
    authority: await ensureRouterAuthority(directory),
    check: await createCheck(publishedSchema),
    log: (line) => process.stdout.write(`${new Date().toISOString()} ${line}\n`),
  });
  await writeWhole(values.ready, JSON.stringify({ pid: process.pid }));
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => void router.close().finally(() => process.exit(0)));
  }
}

await main();
