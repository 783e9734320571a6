/** An SSH server on loopback that runs what it is told with this machine's shell. Real protocol, no sshd needed. */
import { spawn } from "node:child_process";
import ssh2 from "ssh2";
import { fingerprintOf } from "../ssh/host-key.ts";
import { generatePrivateKey } from "../ssh/key.ts";

export type HostKeyType = "ed25519" | "ecdsa" | "rsa";

export interface TestSshServer extends AsyncDisposable {
  port: number;
  /** By type, as `ssh-keygen -l` prints them. */
  fingerprints: Record<string, string>;
  /** Command lines as the client sent them. */
  commands: string[];
  /** Ends every connection, as a cut cable would. */
  dropConnections: () => void;
}

export interface TestSshServerOptions {
  authorizedKey: string;
  hostKeys?: HostKeyType[];
  port?: number;
}

export async function startSshServer(options: TestSshServerOptions): Promise<TestSshServer> {
  const types = options.hostKeys ?? ["ed25519"];
  const hostKeys = await Promise.all(types.map(async (type) => ({ type, privateKey: await generateHostKey(type) })));
  const [, authorized] = options.authorizedKey.split(" ");
  const clients = new Set<ssh2.Connection>();
  const commands: string[] = [];
  const server = new ssh2.Server({ hostKeys: hostKeys.map(({ privateKey }) => privateKey) }, (client) => {
    clients.add(client);
    client.on("error", () => clients.delete(client));
    client.on("close", () => clients.delete(client));
    client.on("authentication", (context) => {
      const accepted = context.method === "publickey" && context.key.data.toString("base64") === authorized;
      if (accepted) context.accept();
      else context.reject(["publickey"]);
    });
    client.on("session", (acceptSession) => {
      acceptSession().on("exec", (acceptExec, _reject, { command }) => {
        commands.push(command);
        runShell(command, acceptExec());
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the SSH server has no port");
  return {
    port: address.port,
    commands,
    fingerprints: Object.fromEntries(hostKeys.map(({ type, privateKey }) => [type, publicFingerprint(privateKey)])),
    dropConnections: () => {
      for (const client of clients) client.end();
    },
    [Symbol.asyncDispose]: async () => {
      for (const client of clients) client.end();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function runShell(command: string, channel: ssh2.ServerChannel): void {
  const child = spawn("/bin/sh", ["-c", command], { stdio: "pipe" });
  channel.pipe(child.stdin);
  // A program need not read what it is sent.
  child.stdin.on("error", () => undefined);
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  channel.on("close", () => child.kill());
  child.on("close", (code) => {
    channel.exit(code ?? 128);
    channel.end();
  });
}

async function generateHostKey(type: HostKeyType): Promise<string> {
  switch (type) {
    case "ed25519":
      return generatePrivateKey();
    case "ecdsa":
      return ssh2.utils.generateKeyPairSync("ecdsa", { bits: 256 }).private;
    case "rsa":
      return ssh2.utils.generateKeyPairSync("rsa", { bits: 2048 }).private;
  }
}

function publicFingerprint(privateKey: string): string {
  const parsed = ssh2.utils.parseKey(privateKey);
  if (parsed instanceof Error) throw parsed;
  return fingerprintOf(parsed.getPublicSSH());
}
