/** A real sshd in a node's namespace, with one user who has SFTP alone, in a directory: as docs/backups.md sets one up. */
import { execFile } from "node:child_process";
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { errorCode } from "../files.ts";
import { runInside } from "./lan.ts";
import type { Namespace } from "./namespace.ts";
import { eventually, type Running, start } from "./processes.ts";

const run = promisify(execFile);
/** There on every machine, without a shell and without a password. */
const user = "nobody";
const nobody = 65_534;
const port = 2222;

export interface SftpServer {
  /** Of the directory that the user may write to. */
  location: string;
  hostKey: string;
  privateKey: string;
  /** The same directory, as this machine knows it. */
  backups: string;
  /** To the server and all its sessions. */
  signal: (signal: NodeJS.Signals) => Promise<void>;
  /** After a kill, or with another host key. */
  restart: (hostKey?: "ed25519" | "ecdsa") => Promise<void>;
  stop: () => Promise<void>;
}

export async function startSftpServer(namespace: Namespace): Promise<SftpServer> {
  await mkdir("/run/sshd", { recursive: true, mode: 0o755 });
  // sshd takes no ChrootDirectory below one that others may write to, such as /tmp.
  const directory = await mkdtemp("/run/berth-test-sftp-");
  await chmod(directory, 0o755);
  const backups = join(directory, "root/backups");
  await mkdir(backups, { recursive: true, mode: 0o755 });
  await chown(backups, nobody, nobody);
  await makeKey(join(directory, "client"), "ed25519");
  await writeFile(join(directory, "sshd_config"), configuration(directory));
  let sshd: Running | undefined;
  const signal = async (name: NodeJS.Signals): Promise<void> => {
    for (const pid of await withDescendants(sshd?.child.pid ?? 0)) sendIfThere(pid, name);
  };
  const server: SftpServer = {
    ...{ location: `sftp://${user}@127.0.0.1:${port}//backups`, backups, signal, hostKey: "" },
    privateKey: await readFile(join(directory, "client"), "utf8"),
    restart: async (hostKey) => {
      await signal("SIGKILL");
      await sshd?.exited;
      if (hostKey !== undefined) server.hostKey = await makeKey(join(directory, "host"), hostKey);
      sshd = start(namespace.inside(["/usr/sbin/sshd", "-D", "-e", "-f", join(directory, "sshd_config")]));
      const scan = ["ssh-keyscan", "-T", "2", "-p", String(port), "127.0.0.1"];
      await eventually("sshd to listen", async () => (await runInside(namespace, scan).catch(() => "")) !== "");
    },
    stop: async () => {
      await signal("SIGKILL");
      await rm(directory, { recursive: true });
    },
  };
  await server.restart("ed25519");
  return server;
}

export async function makeKey(path: string, type: "ed25519" | "ecdsa"): Promise<string> {
  for (const file of [path, `${path}.pub`]) await rm(file, { force: true });
  await run("ssh-keygen", ["-q", "-t", type, "-N", "", "-C", "", "-f", path]);
  return (await readFile(`${path}.pub`, "utf8")).trim();
}

function configuration(directory: string): string {
  return `ListenAddress 127.0.0.1:${port}
HostKey ${directory}/host
AuthorizedKeysFile ${directory}/client.pub
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
PidFile none
Subsystem sftp internal-sftp
Match User ${user}
  ForceCommand internal-sftp
  ChrootDirectory ${directory}/root
  DisableForwarding yes
`;
}

/** sshd's sessions live on without it. */
async function withDescendants(pid: number): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  const pids = children.split(" ").filter((text) => text !== "");
  const below = await Promise.all(pids.map(async (text) => withDescendants(Number(text))));
  return pid === 0 ? [] : [pid, ...below.flat()];
}

function sendIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (errorCode(error) !== "ESRCH") throw error;
  }
}
