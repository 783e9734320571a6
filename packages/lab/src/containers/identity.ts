import { randomBytes } from "node:crypto";
import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "../host/command.ts";
import type { GuestSpec } from "./guest.ts";

/** What is put into a new guest once; neither is kept anywhere else. */
export interface GuestAccess {
  sshPublicKeys: string[];
  rootPassword?: string;
}

/** Makes a copy of the template a machine of its own: fresh SSH host keys and machine id, and who may enter. */
export async function giveIdentity(root: string, hostname: string, access: GuestAccess): Promise<void> {
  await writeFile(join(root, "etc/machine-id"), `${randomBytes(16).toString("hex")}\n`, { mode: 0o444 });
  await rm(join(root, "var/lib/dbus/machine-id"), { force: true });
  for (const kind of ["ed25519", "ecdsa"]) {
    // No RSA key: finding the primes takes longer than everything else here, and every client knows the others.
    const file = join(root, `etc/ssh/ssh_host_${kind}_key`);
    await runCommand(["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", `root@${hostname}`, "-f", file]);
  }
  if (access.sshPublicKeys.length > 0) {
    const sshDirectory = join(root, "root/.ssh");
    await mkdir(sshDirectory, { recursive: true, mode: 0o700 });
    await chmod(sshDirectory, 0o700);
    await writeFile(join(sshDirectory, "authorized_keys"), `${access.sshPublicKeys.join("\n")}\n`, { mode: 0o600 });
  }
  if (access.rootPassword !== undefined) {
    await runCommand(["chpasswd", "--root", root], { input: `root:${access.rootPassword}\n` });
  }
}

/** The files that Proxmox VE rewrites before every start, from the guest's configuration. */
export async function writeHostFiles(root: string, spec: GuestSpec): Promise<void> {
  const address = spec.network?.address?.split("/")[0];
  await writeFile(join(root, "etc/hostname"), `${spec.hostname}\n`);
  await writeFile(
    join(root, "etc/hosts"),
    [
      "127.0.0.1 localhost",
      "::1 localhost ip6-localhost ip6-loopback",
      `${address ?? "127.0.1.1"} ${spec.hostname}`,
      "",
    ].join("\n"),
  );
  const resolver = [
    ...(spec.searchDomain === undefined ? [] : [`search ${spec.searchDomain}`]),
    ...(spec.nameserver ?? "").split(/[\s,]+/).flatMap((server) => (server === "" ? [] : [`nameserver ${server}`])),
  ];
  await rm(join(root, "etc/resolv.conf"), { force: true });
  await writeFile(join(root, "etc/resolv.conf"), resolver.map((line) => `${line}\n`).join(""));
}
