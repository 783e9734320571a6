import { addNode, hostSshSeconds } from "@berth/shared/api/nodes";
import type { Run } from "@berth/shared/api/runs";
import { BerthError } from "@berth/shared/errors";
import { defineCommand } from "../define-command.ts";
import { usageError } from "../errors.ts";
import { runSummaryLines } from "../render/run-summary.ts";
import { detachOption } from "../runs/carry-out.ts";
import { detachedLines, followRun, runFailure } from "../runs/follow-run.ts";

/** SSH, and a look at what the host is. */
const deadlineSeconds = hostSshSeconds + 80;

export default defineCommand({
  details:
    "Logs in by SSH, installs Docker where it is missing and the agent, and waits until the agent is connected. " +
    `A host that does not answer SSH for ${hostSshSeconds} s, or that cannot be a node, does not come into the fleet. ` +
    "The controller uses its own SSH key unless --identity-file names another on its machine.",
  arguments: { address: { description: "IPv4 address of the host" } },
  options: {
    name: { kind: "text", value: "NAME", description: "Name of the node (default: from the address, node-10-0-6-14)" },
    ssh: {
      kind: "text",
      value: "USER[@HOST][:PORT]",
      default: "root",
      description: "How to log in; HOST is the address itself",
    },
    hostKey: {
      kind: "text",
      value: "FINGERPRINT",
      description: "SHA256:… of the host's SSH key; pinned on first contact when left out",
    },
    identityFile: {
      kind: "text",
      value: "FILE",
      description: "Private key on the controller's machine",
    },
    detach: detachOption,
  },
  examples: [
    { command: "berth node add 10.0.6.14 --ssh root@10.0.6.14", does: "take a host in as node-10-0-6-14" },
    {
      command: "berth node add 10.0.6.14 --name user4 --ssh admin@10.0.6.14:2222",
      does: "with a name and another port",
    },
  ],
  async run({ input, ...context }) {
    const ssh = parseSsh(input.ssh, input.address);
    const client = await context.client();
    const place = `${ssh.user}@${input.address}:${ssh.port ?? 22}`;
    context.note(`Waiting for SSH at ${place}, for at most ${hostSshSeconds} s`);
    const { run } = await client.call(addNode, {
      body: {
        name: input.name ?? `node-${input.address.replaceAll(".", "-")}`,
        address: input.address,
        ssh: {
          ...ssh,
          ...(input.hostKey === undefined ? {} : { hostKey: input.hostKey }),
          ...(input.identityFile === undefined ? {} : { identityFile: input.identityFile }),
        },
      },
      deadlineSeconds,
    });
    if (run === null) return { run };
    if (!input.detach) return { run: await followRun(context, run) };
    context.note(...detachedLines(run.id));
    return { run };
  },
  render: ({ run }, { now, style }) =>
    run === null ? ["Nothing to do: the node is in the fleet and online."] : runSummaryLines(run, now, style),
  failure: ({ run }) => (run === null ? undefined : withWayOut(run, runFailure(run))),
});

/** The node stays in the fleet, so that the run can be resumed: says how to take it out. */
function withWayOut({ steps }: Run, failure: BerthError | undefined): BerthError | undefined {
  const node = steps.find((step) => step.node !== null)?.node;
  if (failure === undefined || typeof node !== "string") return failure;
  const wayOut = `\`berth node remove ${node}\` takes it out of the fleet again.`;
  return new BerthError(failure.code, failure.message, { hint: `${failure.hint ?? ""} ${wayOut}`.trim() });
}

/** `root@10.0.6.14:22` -> user and port. Throws when HOST is another host than the node. */
export function parseSsh(text: string, address: string): { user: string; port?: number } {
  const match = /^(?<user>[^@:\s]+)(?:@(?<host>[^@:\s]+))?(?::(?<port>\d{1,5}))?$/.exec(text);
  const { user, host, port } = match?.groups ?? {};
  if (user === undefined)
    throw usageError(`'${text}' is not a way to log in.`, "Write it as USER@HOST or USER@HOST:PORT.");
  if (host !== undefined && host !== address) {
    throw usageError(
      `--ssh names the host ${host}, but the node's address is ${address}.`,
      "Agents and tenants reach the node at its address: SSH goes there too.",
    );
  }
  return port === undefined ? { user } : { user, port: Number(port) };
}
