import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { lxcfsDirectoryOf } from "../containers/lifecycle.ts";
import { pooledTemplatePath } from "../containers/pool.ts";
import { isPresent, writeWhole } from "../host/files.ts";
import { bridge } from "../network/namespace.ts";
import { templateImagePath } from "../rootfs/build.ts";
import { templateVolume, templates } from "../rootfs/definition.ts";
import { cacheDirectory, scopeOf, stateDirectoryOf } from "../state.ts";
import { AccessControl, credentialFiles } from "./access.ts";
import { buildApp } from "./app.ts";
import { certificateFiles } from "./certificate.ts";
import type { ApiContext, TemplateVolume } from "./context.ts";
import { GuestStore } from "./guest-store.ts";
import { recoverGuests, startGuestsOnBoot } from "./recovery.ts";
import { proxmoxNode, proxmoxPort, readyFile } from "./service.ts";
import { TaskRunner } from "./tasks.ts";

/** The stand-in as a process of its own, inside the lab's network namespace: `node main.ts --lab NAME`. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { lab: { type: "string" } } });
  if (values.lab === undefined) throw new Error("Which lab? Give --lab NAME");
  const stateDirectory = stateDirectoryOf(values.lab);
  const directory = join(stateDirectory, "proxmox");
  const guestsDirectory = join(stateDirectory, "guests");
  const context: ApiContext = {
    node: proxmoxNode,
    stateDirectory,
    access: new AccessControl(credentialFiles(directory).accessFile),
    guests: new GuestStore(proxmoxNode, join(directory, "lxc")),
    tasks: new TaskRunner(proxmoxNode, stateDirectory),
    host: {
      cgroup: scopeOf(values.lab),
      namespace: scopeOf(values.lab),
      guestsDirectory,
      lxcfsDirectory: lxcfsDirectoryOf(guestsDirectory),
    },
    listTemplates: () => listTemplates(guestsDirectory),
  };
  await context.guests.open();
  await context.tasks.open();
  await recoverGuests(context);
  const { keyFile, certificateFile } = certificateFiles(directory);
  const [key, cert] = await Promise.all([readFile(keyFile, "utf8"), readFile(certificateFile, "utf8")]);
  const app = buildApp(context, { key, cert }, (line) => {
    process.stdout.write(`${new Date().toISOString()} ${line}\n`);
  });
  await app.listen({ host: bridge.address, port: proxmoxPort });
  await startGuestsOnBoot(context);
  await writeWhole(readyFile(stateDirectory), String(process.pid));
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      void app.close().finally(() => process.exit(0));
    });
  }
}

/** The templates that stand in the lab's pool; a later `labUp` may add one. */
async function listTemplates(guestsDirectory: string): Promise<TemplateVolume[]> {
  const volumes = templates.map((definition) => ({
    volume: templateVolume(definition),
    image: pooledTemplatePath(guestsDirectory, templateImagePath(cacheDirectory(), definition)),
  }));
  const present = await Promise.all(volumes.map(({ image }) => isPresent(image)));
  return volumes.filter((_, index) => present[index] === true);
}

await main();
