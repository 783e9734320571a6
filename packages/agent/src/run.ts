/** `agent run`: reads who this node is, then runs until a signal, an upgrade or a failed probation ends it. */
// oxlint-disable-next-line import/no-unassigned-import -- its effect must come before any schema is made
import "./validation.ts";
import { BerthError, toBerthError } from "@berth/shared/errors";
import type { ControllerMessageOf } from "@berth/shared/protocol/messages";
import { Agent } from "./agent.ts";
import type { AgentConfig } from "./config.ts";
import { type Identity, readIdentity } from "./enrol/identity.ts";
import { readHostFacts } from "./facts.ts";
import { makePrivateDirectory } from "./files.ts";
import { createLog } from "./log.ts";
import { collectAtRest } from "./memory.ts";
import { Probation } from "./upgrade/probation.ts";
import { upgrade } from "./upgrade/upgrade.ts";
import { Versions } from "./upgrade/versions.ts";
import { agentVersion } from "./version.ts";

export async function runAgent(config: AgentConfig): Promise<void> {
  const log = createLog();
  await makePrivateDirectory(config.stateDirectory);
  const exit = (): void => process.exit(0);
  const versions = new Versions(config.installDirectory);
  const probation = new Probation({ config, versions, version: agentVersion, log, exit });
  if (!(await probation.begin())) return;
  const identity = await readIdentity(config);
  if (identity === null) {
    throw new BerthError("unauthenticated", "This node is not enrolled.", {
      hint: "berth-agent enrol --controller https://HOST:PORT --token-file FILE",
    });
  }
  log.info({ node: identity.node, controller: identity.controller, version: agentVersion }, "starting");
  const agent = new Agent({
    config,
    identity,
    log,
    hostFacts: await readHostFacts(log),
    onWelcome: () => {
      void probation.pass().catch((error: unknown) => {
        log.error({ err: error }, "the upgrade could not be concluded");
      });
    },
    onUpgrade: (message, present) => {
      void replaceAgent(message, present);
    },
  });
  let isReplacing = false;
  async function replaceAgent(message: ControllerMessageOf<"upgrade">, present: Identity): Promise<void> {
    // Whoever asked for the second is answered by the first.
    if (isReplacing) return;
    isReplacing = true;
    try {
      await upgrade(config, present, message, log);
    } catch (error) {
      const failure = toBerthError(error);
      log.error({ err: failure, to: message.version }, "the upgrade failed");
      agent.tellUpgradeFailed(message.version, failure);
      isReplacing = false;
      return;
    }
    await agent.stop("upgrade");
    exit();
  }
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      void agent.stop(signal).finally(exit);
    });
  }
  collectAtRest();
  await agent.run();
}
