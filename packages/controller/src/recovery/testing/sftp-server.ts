/** A real sshd on loopback, with one user who has SFTP alone, in a directory: as docs/backups.md sets one up. */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { Secret } from "@berth/shared/secret";

const run = promisify(execFile);
/** There on every machine, without a shell and without a password. */
const user = "nobody";
const nobody = 65_534;

export interface TestSftpServer extends AsyncDisposable {
  port: number;
  user: string;
  /** As `ssh-keyscan` prints it. */
  hostKey: string;
  privateKey: Secret;
  /** What the user knows as /backups. */
  backups: string;
  /** Ends it and every connection, without a word to anybody. */
  kill: () => Promise<void>;
  /** As after `kill`, or with another host key. */
  restart: (keyType?: KeyType) => Promise<void>;
}

type KeyType = "ed25519" | "ecdsa" | "rsa";

export async function startSftpServer(): Promise<TestSftpServer> {
  await mkdir("/run/sshd", { recursive: true, mode: 0o755 });
  // sshd takes no ChrootDirectory below one that others may write to, such as /tmp.
  const directory = await mkdtemp("/run/berth-test-sftp-");
  await chmod(directory, 0o755);
  const root = join(directory, "root");
  const backups = join(root, "backups");
  await mkdir(backups, { recursive: true, mode: 0o755 });
  await chown(backups, nobody, nobody);
  await makeKey(join(directory, "client"), "ed25519");
  const port = await freePort();
  const config = join(directory, "sshd_config");
  await writeFile(
    config,
    `ListenAddress 127.0.0.1:${port}
HostKey ${directory}/host
AuthorizedKeysFile ${directory}/client.pub
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
PidFile none
Subsystem sftp internal-sftp
Match User ${user}
  ForceCommand internal-sftp
  ChrootDirectory ${root}
  DisableForwarding yes
`,
  );
  let sshd: ChildProcess | undefined;
  const kill = async (): Promise<void> => {
    if (sshd?.pid === undefined || sshd.exitCode !== null || sshd.signalCode !== null) return;
    const ended = once(sshd, "exit");
    for (const pid of await withDescendants(sshd.pid)) killIfThere(pid);
    await ended;
  };
  const server: TestSftpServer = {
    ...{ port, user, backups, hostKey: "", kill },
    privateKey: new Secret(await readFile(join(directory, "client"), "utf8")),
    restart: async (keyType) => {
      await kill();
      if (keyType !== undefined) server.hostKey = await makeKey(join(directory, "host"), keyType);
      sshd = spawn("/usr/sbin/sshd", ["-D", "-e", "-f", config], { stdio: "ignore" });
      await listening(port);
    },
    [Symbol.asyncDispose]: async () => {
      await kill();
      await rm(directory, { recursive: true });
    },
  };
  await server.restart("ed25519");
  return server;
}

/** Gives the public half. */
async function makeKey(path: string, type: KeyType): Promise<string> {
  for (const file of [path, `${path}.pub`]) await rm(file, { force: true });
  await run("ssh-keygen", ["-q", "-t", type, "-N", "", "-C", "", "-f", path]);
  return (await readFile(`${path}.pub`, "utf8")).trim();
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("There is no free port");
  server.close();
  return address.port;
}

async function listening(port: number): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end; await pause(50)) {
    const socket = connect(port, "127.0.0.1");
    const isOpen = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) return;
  }
  throw new Error("sshd does not listen");
}

/** sshd's sessions live on without it. */
async function withDescendants(pid: number): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  const below = await Promise.all(children.split(" ").filter(Boolean).map(Number).map(withDescendants));
  return [pid, ...below.flat()];
}

/** A session may have ended meanwhile. */
function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
