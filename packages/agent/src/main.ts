/** The agent's command line. */
import { readFile, rm } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { BerthError, errorCatalogue, toBerthError } from "@berth/shared/errors";
import { type AgentConfig, readConfig } from "./config.ts";
import { agentVersion } from "./version.ts";

const usage = `berth-agent ${agentVersion}

  agent run                                               holds this node to its desired state (the default)
  agent enrol --controller https://HOST:PORT --token-file FILE
                                                          buys a certificate with a join token; the file is removed
                                                          afterwards. Without --token-file the token comes on stdin
  agent version

Environment: BERTH_AGENT_STATE (/var/lib/berth-agent), BERTH_AGENT_INSTALL (/opt/berth-agent), DOCKER_SOCKET
`;

type Command = (config: AgentConfig, args: string[]) => Promise<void>;

const commands: Readonly<Record<string, Command>> = {
  run: async (config) => {
    const { runAgent } = await import("./run.ts");
    await runAgent(config);
  },
  enrol: enrolCommand,
  version: async () => print(agentVersion),
  help: async () => print(usage),
  // For the agent itself, as short-lived processes that may load what is large.
  facts: async () => {
    const { gatherHostFacts } = await import("./facts.ts");
    print(JSON.stringify(await gatherHostFacts()));
  },
  "certificate-request": async (config) => {
    const { pendingRequest } = await import("./enrol/pending-key.ts");
    print((await pendingRequest(config)).csr);
  },
  // Loads everything that `run` needs, so that an upgrade knows before that it can.
  "self-test": async () => {
    await import("./run.ts");
    print(agentVersion);
  },
};

async function enrolCommand(config: AgentConfig, args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { controller: { type: "string" }, "token-file": { type: "string" } },
  });
  const { controller, "token-file": tokenFile } = values;
  if (controller === undefined) throw new BerthError("request.invalid", "--controller is missing.", { hint: usage });
  const token = tokenFile === undefined ? await text(process.stdin) : await readFile(tokenFile, "utf8");
  const { enrol } = await import("./enrol/enrol.ts");
  const enrolled = await enrol(config, { controller, token });
  if (tokenFile !== undefined) await rm(tokenFile, { force: true });
  const how = enrolled.isNew ? "Enrolled" : "Already enrolled";
  print(`${how} as ${enrolled.node} with ${enrolled.controller}.`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(): Promise<void> {
  const [name = "run", ...args] = process.argv.slice(2);
  const command = commands[name === "--version" ? "version" : name === "--help" ? "help" : name];
  if (command === undefined) throw new BerthError("request.invalid", `There is no command ${name}.`, { hint: usage });
  await command(readConfig(), args);
}

try {
  await main();
} catch (error) {
  const { code, message, hint } = toBerthError(error);
  process.stderr.write(`${message}${hint === undefined ? "" : `\n${hint}`}\n`);
  process.exitCode = errorCatalogue[code].exitCode;
}
