import { resolve } from "node:path";
import { BerthError } from "@berth/shared/errors";
import { Secret } from "@berth/shared/secret";
import type { RebuildSource } from "../../rebuild.ts";
import { defineCommand, type CommandContext } from "../define-command.ts";
import { usageError } from "../errors.ts";
import { readTextFile } from "../fleet-file.ts";
import { ask, readRecoveryKey, readSecretValue } from "../prompt.ts";
import { rebuiltLines } from "../render/controller-backup.ts";
import { isInteractive } from "../terminal.ts";

export default defineCommand({
  details:
    "On the machine that takes a lost controller's place, before `berth serve`. The state directory must be empty. All of " +
    "the backup is read and opened before anything is put in its place. Agents connect by themselves once a controller " +
    "serves at the address they know. Files that the fleet refers to are written where there are none. The recovery key " +
    "is asked for or read from a file, never an argument; so are the S3 store's keys, unless AWS_ACCESS_KEY_ID and " +
    "AWS_SECRET_ACCESS_KEY are set. Of an SFTP server, the private key is in a file, and its host key must be the one " +
    "that is given. docs/controller-backup.md says what to look at afterwards.",
  options: {
    from: {
      kind: "text",
      value: "SOURCE",
      required: true,
      completes: "file",
      description:
        "A file, - for stdin, a directory, s3://BUCKET/FLEET/controller, or sftp://USER@HOST:PORT/PATH/FLEET/controller",
    },
    endpoint: { kind: "text", value: "URL", description: "Of the S3 store: https://s3.example.org" },
    region: { kind: "text", value: "NAME", description: "Of the S3 store" },
    ca: { kind: "text", value: "FILE", completes: "file", description: "PEM of the S3 store's CA" },
    hostKey: {
      kind: "text",
      value: "KEY",
      description: "Of the SFTP server, as in the fleet file: 'ssh-ed25519 AAAA…'",
    },
    keyFile: {
      kind: "text",
      value: "FILE",
      completes: "file",
      description: "File with the private key for the SFTP server",
    },
    at: { kind: "text", value: "TIME", description: "The newest backup of this time or before: 2026-11-20T12:00Z" },
    recoveryKeyFile: {
      kind: "text",
      value: "FILE",
      completes: "file",
      description: "File with the recovery key, - for stdin",
    },
    state: { kind: "text", value: "DIR", default: "/var/lib/berth", completes: "file", description: "State directory" },
    configuration: {
      kind: "text",
      value: "DIR",
      default: "/etc/berth",
      completes: "file",
      description: "Directory that a fleet file's relative paths start from",
    },
    force: { kind: "flag", description: "Although the controller of the backup still answers" },
  },
  examples: [
    { command: "berth controller restore --from berth.tar.gz.age", does: "from a file; the key is asked for" },
    {
      command: "berth controller restore --from s3://berth/valuechain/controller --endpoint https://s3.example.org",
      does: "the newest backup of an S3 store",
    },
    {
      command:
        "berth controller restore --from sftp://berth@nas.example.org/backups/valuechain/controller " +
        "--host-key 'ssh-ed25519 AAAA…' --key-file backup-key",
      does: "the newest backup of an SFTP server",
    },
  ],
  async run({ input, ...context }) {
    if ([input.from, input.recoveryKeyFile, input.keyFile].filter((file) => file === "-").length > 1)
      throw usageError("The backup and the keys cannot come from stdin together.");
    const at = input.at === undefined ? null : parseTime(input.at);
    const source = await sourceOf(input, context);
    const identity = await readRecoveryKey(context.terminal, input.recoveryKeyFile);
    const { rebuildController } = await import("../../rebuild.ts");
    return rebuildController({
      ...{ source, at, identity, force: input.force },
      stateDirectory: resolve(input.state),
      configurationDirectory: resolve(input.configuration),
    });
  },
  render: rebuiltLines,
});

interface SourceInput {
  from: string;
  endpoint: string | undefined;
  region: string | undefined;
  ca: string | undefined;
  hostKey: string | undefined;
  keyFile: string | undefined;
}

async function sourceOf(input: SourceInput, context: CommandContext): Promise<RebuildSource> {
  const { from, endpoint, region, ca } = input;
  const { terminal } = context;
  if (from === "-") return { stream: terminal.stdin };
  if (from.startsWith("sftp://")) return sftpOf(input, context);
  if (!from.startsWith("s3://")) return { path: from };
  if (endpoint === undefined || !/^https?:$/.test(URL.parse(endpoint)?.protocol ?? ""))
    throw usageError("An S3 store needs its address.", "Give it with --endpoint https://HOST.");
  const { AWS_ACCESS_KEY_ID: accessKey, AWS_SECRET_ACCESS_KEY: secretKey } = terminal.environment;
  if (accessKey !== undefined && secretKey !== undefined)
    return {
      ...{ url: from, endpoint, region, caFile: ca },
      accessKey: new Secret(accessKey),
      secretKey: new Secret(secretKey),
    };
  if (!isInteractive(terminal))
    throw usageError(
      "There is no terminal to ask for the S3 store's keys on.",
      "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
    );
  return {
    ...{ url: from, endpoint, region, caFile: ca },
    accessKey: new Secret((await ask(terminal, "Access key of the S3 store: ")).trim()),
    secretKey: new Secret(await readSecretValue(terminal, undefined, "Secret key of the S3 store: ")),
  };
}

async function sftpOf({ from, hostKey, keyFile }: SourceInput, { terminal }: CommandContext): Promise<RebuildSource> {
  if (hostKey === undefined)
    throw usageError(
      "An SFTP server needs its host key.",
      "Give it with --host-key 'ssh-ed25519 AAAA…': the fleet file has it, and `ssh-keyscan HOST` prints it.",
    );
  if (keyFile === undefined)
    throw usageError(
      "An SFTP server needs the user's private key.",
      "Give the file that it is in with --key-file FILE.",
    );
  return { sftp: from, hostKey, privateKey: new Secret(await readTextFile(keyFile, terminal)) };
}

function parseTime(text: string): string {
  const time = Date.parse(text);
  if (!Number.isNaN(time)) return new Date(time).toISOString();
  throw new BerthError("request.invalid", `'${text}' is not a time.`, { hint: "Write it as 2026-11-20T12:00Z." });
}
