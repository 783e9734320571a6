/**
 * How long it takes to find that a converged fleet is as its file says: Berth, which looks at every instance on its node
 * and at every database in its server, and Ansible, which looks at the same containers on the same nodes over SSH.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as elapse } from "node:timers/promises";
import { postApply } from "@berth/shared/api/fleet";
import { BerthError } from "@berth/shared/errors";
import { execa } from "execa";
import { repository } from "../demo/controller.ts";
import { type AnsibleNode, prepareAnsible } from "./ansible.ts";
import { inspectContainers } from "./deploy-script.ts";
import { type Bench, type BenchFleet, seconds } from "./fleet.ts";
import { requestJson } from "./request.ts";
import { measure, median, timed, result, type BenchmarkResult } from "./result.ts";
import { removeWatched } from "./watched-containers.ts";

const rounds = 5;
/** Of Berth in each round: it takes a hundredth of the time. */
const perRound = { api: 4, command: 2 };
/** Ansible leaves the nodes busy with the end of its processes. */
const restMs = 3000;

export async function benchmarkReapply({ fleet: open, fleetFile, say }: Bench): Promise<BenchmarkResult[]> {
  const fleet = await open();
  const yaml = await readFile(fleetFile, "utf8");
  say("reapply: the fleet converges");
  await fleet.apply(yaml, "--prune");
  const nodes = await look(fleet);
  say("reapply: Ansible is made ready");
  const ansible = await prepareAnsible(fleet.lab, await fleet.berth(["inventory", "--format", "ansible"]), nodes);
  say(`reapply: ${ansible.version}`);
  // One after the other in each round, so that a machine whose speed changes changes it for both.
  await ansible.check();
  const seen = { ansible: [] as number[], api: [] as number[], command: [] as number[] };
  for (let round = 1; round <= rounds; round += 1) {
    seen.ansible.push(await timed(ansible.check));
    await elapse(restMs);
    seen.api.push(...(await measure(perRound.api, () => reapply(fleet, yaml))));
    seen.command.push(...(await measure(perRound.command, () => applyByCommand(fleet, fleetFile))));
    say(
      `reapply: round ${round} of ${rounds}, Ansible ${seconds(seen.ansible.at(-1) ?? 0)}, API ${seconds(median(seen.api))}`,
    );
  }
  const [slow, answer, command] = [median(seen.ansible), median(seen.api), median(seen.command)];
  const count = nodes.reduce((sum, { containers }) => sum + containers.length, 0);
  const scope = `${count} instances on ${nodes.length} nodes: Ansible ${seconds(slow)}`;
  const unit = "× as fast as Ansible";
  return [
    result({
      name: "reapply-api",
      value: slow / answer,
      unit,
      goal: 50,
      better: "higher",
      detail: `${scope}, POST /api/apply ${seconds(answer)}`,
    }),
    result({
      name: "reapply-command",
      value: slow / command,
      unit,
      goal: 10,
      better: "higher",
      detail: `${scope}, berth apply ${seconds(command)}`,
    }),
  ];
}

/** Every node with the containers of its instances. */
async function look(fleet: BenchFleet): Promise<AnsibleNode[]> {
  const { nodes, instances } = await fleet.status();
  return Promise.all(
    nodes.map(async ({ name, address }) => {
      const guest = await fleet.guest(address);
      await removeWatched(guest);
      const names = instances
        .filter(({ node }) => node === name)
        .flatMap(({ containers }) => containers.map((container) => container.name));
      return { name, guest, containers: names.length === 0 ? [] : await inspectContainers(guest, names) };
    }),
  );
}

/** From the request to the whole answer, at the socket that the command line uses. */
async function reapply({ socket }: BenchFleet, yaml: string): Promise<void> {
  const answer = await requestJson({
    socketPath: socket,
    method: postApply.method,
    path: postApply.path,
    body: { yaml },
  });
  const { plan, run } = postApply.response.parse(answer);
  if (run === null && plan.operations.length === 0 && plan.warnings.length === 0) return;
  throw new BerthError("lab.failed", `The fleet is not converged: ${JSON.stringify(plan).slice(0, 500)}`);
}

/** The launcher's own time is part of the command's. */
async function applyByCommand({ socket }: BenchFleet, fleetFile: string): Promise<void> {
  await execa(join(repository, "berth"), ["apply", fleetFile, "--yes"], {
    stdin: "ignore",
    env: { BERTH_CONTROLLER: `unix:${socket}` },
  });
}
