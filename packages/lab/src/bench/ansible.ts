/** Ansible as a peer: ready to check the fleet's containers over SSH, from inside the lab's network. */
import { appendFile, chmod, copyFile, mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { BerthError } from "@berth/shared/errors";
import type { AttachedGuest } from "../containers/attach.ts";
import { runCommand } from "../host/command.ts";
import { writeWhole } from "../host/files.ts";
import { ensurePackages } from "../host/packages.ts";
import { markOf } from "../host/processes.ts";
import { runInNamespace } from "../network/namespace.ts";
import { cacheDirectory, type Lab } from "../state.ts";
import type { ContainerDetails } from "./deploy-script.ts";

/** `ansible` is ansible-core with the community collections, community.docker among them. */
const debianPackages = ["ansible", "openssh-client"] as const;
/** What the modules of community.docker need on a node. */
const nodePackages = ["python3", "python3-requests"] as const;
const playDeadlineMs = 300_000;

export interface AnsibleNode {
  name: string;
  guest: AttachedGuest;
  containers: readonly ContainerDetails[];
}

export interface Ansible {
  version: string;
  /** Plays the playbook once; every container must turn out to be as it should. */
  check: () => Promise<void>;
}

/** Makes everything ready: Ansible on this machine, Python on the nodes, key, inventory and playbook. */
export async function prepareAnsible(lab: Lab, inventory: string, nodes: readonly AnsibleNode[]): Promise<Ansible> {
  await ensurePackages(debianPackages);
  const directory = join(lab.stateDirectory, "ansible");
  await mkdir(join(directory, "control"), { recursive: true, mode: 0o700 });
  await installPython(nodes.map(({ guest }) => guest));
  await exchangeKeys(directory, nodes);
  await writeInventory(directory, inventory);
  await writeWhole(join(directory, "ansible.cfg"), configuration(directory));
  await writeWhole(join(directory, "check.json"), JSON.stringify([play(nodes)]));
  const env = {
    ...markOf(lab.stateDirectory),
    ANSIBLE_CONFIG: join(directory, "ansible.cfg"),
    ANSIBLE_HOME: join(directory, "home"),
    // Ansible refuses to start in a locale it cannot read.
    LC_ALL: "C.UTF-8",
  };
  const [version = ""] = (await runCommand(["ansible", "--version"], { env })).split("\n");
  return {
    version,
    check: async () => {
      const playbook = join(directory, "check.json");
      const argv = ["ansible-playbook", "--check", playbook] as const;
      requireNoChange(await runInNamespace(lab.namespace, argv, { env, deadlineMs: playDeadlineMs }), nodes.length);
    },
  };
}

/** LXCs have no way out: this machine downloads what a node lacks, by the node's own list of what it has. */
async function installPython(guests: readonly AttachedGuest[]): Promise<void> {
  const [first] = guests;
  if (first === undefined) return;
  const archives = join(cacheDirectory(), "ansible-node-packages");
  await mkdir(join(archives, "partial"), { recursive: true });
  const status = join(archives, "status");
  // A copy: apt takes the machine's own list for one below /proc.
  await copyFile(join(first.root, "var/lib/dpkg/status"), status);
  const settings = {
    "State::status": status,
    "Cache::archives": archives,
    "Cache::pkgcache": "",
    "Cache::srcpkgcache": "",
  };
  const options = [
    ...Object.entries(settings).flatMap(([key, value]) => ["-o", `Dir::${key}=${value}`]),
    ...["--yes", "-qq", "--no-install-recommends", "--download-only"],
  ];
  await runCommand(["apt-get", ...options, "install", ...nodePackages], { deadlineMs: 300_000 });
  const packages = (await readdir(archives)).filter((file) => file.endsWith(".deb"));
  await Promise.all(guests.map((guest) => installFrom(archives, packages, guest)));
}

async function installFrom(archives: string, packages: readonly string[], guest: AttachedGuest): Promise<void> {
  const present = await guest.try(["dpkg-query", "--show", ...nodePackages]);
  if (present.exitCode === 0) return;
  const target = "/var/cache/apt/archives";
  await Promise.all(packages.map((file) => copyFile(join(archives, file), join(guest.root, target, file))));
  const files = packages.map((file) => `${target}/${file}`);
  // An earlier run may have been ended in the middle of it.
  await guest.run(["dpkg", "--configure", "-a"], { deadlineMs: 300_000 });
  await guest.run(["apt-get", "install", "--yes", "-qq", "--no-install-recommends", ...files], { deadlineMs: 300_000 });
}

/** The nodes let Ansible's key in, and Ansible knows the nodes by theirs. */
async function exchangeKeys(directory: string, nodes: readonly AnsibleNode[]): Promise<void> {
  const key = join(directory, "key");
  const exists = (await readdir(directory)).includes("key");
  if (!exists) await runCommand(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key]);
  const publicKey = await readFile(`${key}.pub`, "utf8");
  const known: string[] = [];
  for (const { guest } of nodes) {
    const file = join(guest.root, "root/.ssh/authorized_keys");
    if (!(await readFile(file, "utf8")).includes(publicKey)) await appendFile(file, publicKey);
    const hostKey = await readFile(join(guest.root, "etc/ssh/ssh_host_ed25519_key.pub"), "utf8");
    known.push(`${guest.address} ${hostKey.split(" ").slice(0, 2).join(" ").trim()}\n`);
  }
  await writeWhole(join(directory, "known_hosts"), known.join(""));
}

/** A dynamic inventory is a program that prints it; this one prints what Berth has told, without asking again. */
async function writeInventory(directory: string, inventory: string): Promise<void> {
  const answer = join(directory, "inventory.json");
  await writeWhole(answer, inventory);
  const program = join(directory, "inventory");
  await writeWhole(program, `#!/bin/sh\nexec cat '${answer}'\n`);
  await chmod(program, 0o700);
}

function configuration(directory: string): string {
  const ssh = `-C -o ControlMaster=auto -o ControlPersist=60s -o UserKnownHostsFile=${join(directory, "known_hosts")}`;
  return [
    "[defaults]",
    `inventory = ${join(directory, "inventory")}`,
    `private_key_file = ${join(directory, "key")}`,
    "gathering = explicit",
    "forks = 10",
    "interpreter_python = /usr/bin/python3",
    "[ssh_connection]",
    "pipelining = True",
    `ssh_args = ${ssh}`,
    `control_path_dir = ${join(directory, "control")}`,
    "",
  ].join("\n");
}

const optionNames = [
  "name",
  "image",
  "state",
  "env",
  "command",
  "restart_policy",
  "memory",
  "log_driver",
  "log_options",
  "published_ports",
  "default_host_ip",
  "mounts",
] as const;

/** One run of the module for each instance, on all nodes at once. */
function play(nodes: readonly AnsibleNode[]): Record<string, unknown> {
  const containers = Object.fromEntries(nodes.map((node) => [node.name, node.containers.map(moduleOptions)]));
  return {
    hosts: nodes.map(({ name }) => name),
    gather_facts: false,
    vars: { containers },
    tasks: [
      {
        name: "The instances of the node",
        "community.docker.docker_container": Object.fromEntries(
          optionNames.map((option) => [option, `{{ item.${option} | default(omit) }}`]),
        ),
        loop: "{{ containers[inventory_hostname] }}",
        loop_control: { label: "{{ item.name }}" },
      },
    ],
  };
}

function moduleOptions(container: ContainerDetails): Partial<Record<(typeof optionNames)[number], unknown>> {
  return {
    name: container.name,
    image: container.image,
    state: "started",
    env: Object.fromEntries(container.env.map((variable) => variable.split(/=(.*)/s).slice(0, 2))),
    ...(container.command.length === 0 ? {} : { command: container.command }),
    restart_policy: container.restartPolicy,
    memory: String(container.memoryBytes),
    log_driver: "json-file",
    log_options: container.logOptions,
    published_ports: container.ports.map(({ container: inside, host }) => `${host}:${inside}`),
    default_host_ip: "",
    mounts: container.mounts.map(({ source, target }) => ({ type: "volume", source, target })),
  };
}

/** Reads the recap: every node reached, nothing to change, nothing failed. */
function requireNoChange(output: string, nodeCount: number): void {
  const recap = output.match(/^\S+\s+: ok=1\s+changed=0\s+unreachable=0\s+failed=0.*$/gm) ?? [];
  if (recap.length === nodeCount) return;
  const end = output
    .trim()
    .split("\n")
    .slice(-nodeCount - 2)
    .join("; ");
  throw new BerthError("lab.failed", `Ansible does not find the fleet as it should be: ${end}`);
}
