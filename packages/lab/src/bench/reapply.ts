/**
 * How long it takes to find that a converged fleet is as its file says: Berth, which looks at every instance on its node
 * and at every database in its server, and Ansible, which looks at the same containers on the same nodes over SSH.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { postApply } from "@berth/shared/api/fleet";
import { BerthError } from "@berth/shared/errors";
import { execa } from "execa";
import { repository } from "../demo/controller.ts";
import { type AnsibleNode, prepareAnsible } from "./ansible.ts";
import { inspectContainers } from "./deploy-script.ts";
import { type Bench, type BenchFleet, seconds } from "./fleet.ts";
import { requestJson } from "./request.ts";
import { measure, median, result, type BenchmarkResult } from "./result.ts";
import { removeWatched } from "./watched-containers.ts";

const rounds = { api: 21, command: 11, ansible: 5 };

export async function benchmarkReapply({ fleet: open, fleetFile, say }: Bench): Promise<BenchmarkResult[]> {
  const fleet = await open();
  const yaml = await readFile(fleetFile, "utf8");
  say("reapply: the fleet converges");
  await fleet.apply(yaml, "--prune");
  const nodes = await look(fleet);
  say("reapply: Ansible is made ready");
  const ansible = await prepareAnsible(fleet.lab, await fleet.berth(["inventory", "--format", "ansible"]), nodes);
  say(`reapply: ${ansible.version}`);
  const slow = median(await measure(rounds.ansible, ansible.check));
  say("reapply: Berth");
  const answer = median(await measure(rounds.api, () => reapply(fleet, yaml)));
  const command = median(await measure(rounds.command, () => applyByCommand(fleet, fleetFile)));
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
