/** As much of a controller as its backup concerns, in directories of a test's own. */
import { once } from "node:events";
import { join } from "node:path";
import { createServer } from "node:tls";
import type { ControllerBackup } from "@berth/shared/api/recovery";
import type { Backups, Fleet } from "@berth/shared/fleet/schema";
import { openAuthority, type Authority } from "../../agents/authority/authority.ts";
import type { Inventory } from "../../inventory/database.ts";
import { openInventory } from "../../inventory/open.ts";
import { putControllerBackup } from "../../inventory/recovery.ts";
import { exampleFleet } from "../../plan/test-fixtures.ts";
import { openSshKey } from "../../provision/ssh/key.ts";
import { openSecrets, type Secrets } from "../../secrets/open.ts";
import { openRecovery, type Recovery } from "../recovery.ts";

export interface TestDirectories {
  state: string;
  configuration: string;
}

export interface TestController {
  recovery: Recovery;
  inventory: Inventory;
  secrets: Secrets;
  authority: Authority;
  /** Public half of the key that it reaches hosts with. */
  sshKey: string;
  /** Where agents look for it, once it listens. */
  port: number;
  /** As the door for agents does. */
  listen: () => Promise<AsyncDisposable & { port: number }>;
  /** As if it had been killed while this was made. */
  markRunning: (backup: ControllerBackup) => Promise<void>;
  close: () => Promise<void>;
}

export function fleetWith(target: Backups["target"]): Fleet {
  const fleet = exampleFleet();
  if (fleet.backups === undefined) throw new Error("The example's fleet has no backups");
  return {
    ...fleet,
    controller: { address: "127.0.0.1", port: 1 },
    proxmox: Object.fromEntries(
      Object.entries(fleet.proxmox).map(([name, proxmox]) => [name, { ...proxmox, tokenSecretFile: "proxmox/token" }]),
    ),
    backups: { ...fleet.backups, target },
  };
}

export async function openTestController(directories: TestDirectories, fleet: Fleet): Promise<TestController> {
  const { state, configuration } = directories;
  const inventory = await openInventory({ file: join(state, "inventory.sqlite") });
  const secrets = await openSecrets({ inventory, key: { stateDirectory: state } });
  const authorityDirectory = join(state, "authority");
  const sshDirectory = join(state, "ssh");
  const authority = await openAuthority({ directory: authorityDirectory });
  const { publicKey } = await openSshKey({ directory: sshDirectory });
  let isOpen = true;
  const controller: TestController = {
    ...{ inventory, secrets, authority, sshKey: publicKey, port: fleet.controller.port },
    recovery: await openRecovery({
      ...{ inventory, secrets, version: "1.2.3", serveArguments: ["--agents", "0.0.0.0:8421"] },
      fleet: () => Promise.resolve({ ...fleet, controller: { ...fleet.controller, port: controller.port } }),
      files: {
        ...{ stateDirectory: state, authorityDirectory, sshDirectory, configurationDirectory: configuration },
        namedFiles: [],
      },
    }),
    async listen() {
      const { certificate, key } = await authority.issueServerCertificate(["localhost"]);
      const server = createServer({ cert: `${certificate}${authority.caPem}`, key, minVersion: "TLSv1.3" });
      server.on("tlsClientError", () => undefined);
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      const address = server.address();
      controller.port = typeof address === "object" && address !== null ? address.port : 0;
      return {
        port: controller.port,
        async [Symbol.asyncDispose]() {
          await new Promise((resolve) => server.close(resolve));
        },
      };
    },
    markRunning: (backup) => putControllerBackup(inventory.database, { ...backup, state: "running", endedAt: null }),
    async close() {
      if (!isOpen) return;
      isOpen = false;
      await controller.recovery.close();
      await inventory.close();
    },
  };
  return controller;
}
