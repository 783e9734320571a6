import { Command } from "commander";
import { toBerthError, errorCatalogue } from "@berth/shared/errors";
import { execa } from "execa";
import { attachGuest } from "./containers/attach.ts";
import { type Argv } from "./host/command.ts";
import { labDown, labUp, loadLab } from "./lab.ts";
import { inNamespace } from "./network/namespace.ts";
import type { Progress } from "./progress.ts";
import { listLabs } from "./state.ts";
import { describeLab, findGuest } from "./status.ts";

interface CommonOptions {
  name: string;
  json?: boolean;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function showProgress({ part, message, tookMs }: Progress): void {
  const took = tookMs === undefined ? "" : `  ${(tookMs / 1000).toFixed(2)} s`;
  process.stderr.write(`${part.padEnd(10)} ${message}${took}\n`);
}

function command(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .option("-n, --name <name>", "name of the lab", "demo")
    .option("--json", "print the result as JSON");
}

/** Runs a program inside the lab's network with this terminal, and ends with its exit code. */
async function runInside(name: string, argv: Argv): Promise<void> {
  const lab = await loadLab(name);
  await runHere(inNamespace(lab.namespace, argv));
}

/** Runs a program as root inside an LXC, by default a shell, with this terminal, and ends with its exit code. */
async function enterGuest(name: string, node: string, argv: Argv | undefined): Promise<void> {
  const lab = await loadLab(name);
  const { address } = await findGuest(name, node);
  const { attach } = await attachGuest(lab, address);
  const environment = `TERM=${process.env["TERM"] ?? "dumb"}`;
  await runHere(inNamespace(lab.namespace, attach(["env", environment, ...(argv ?? ["bash", "--login"])])));
}

async function runHere(argv: Argv): Promise<void> {
  const [file, ...parameters] = argv;
  const { exitCode } = await execa(file, parameters, { stdio: "inherit", reject: false });
  process.exitCode = exitCode ?? 1;
}

function buildProgram(): Command {
  const program = new Command("berth lab")
    .description("A Proxmox VE on this machine, for demo, tests and bench: real LXCs behind a stand-in API.")
    .enablePositionalOptions()
    .addHelpText("after", "\nExamples:\n  ./berth lab up --name mine\n  ./berth lab status\n  ./berth lab enter user1");
  command(program, "up", "make the lab, or what is missing of it")
    .option("--plain-template", "also offer a template without Docker, and a package mirror")
    .action(async ({ name, json, plainTemplate }: CommonOptions & { plainTemplate?: boolean }) => {
      const lab = await labUp({ name, onProgress: showProgress, withPlainTemplate: plainTemplate ?? false });
      const sentence = `Lab ${name} is up: nsenter --net=/var/run/netns/${lab.namespace} …`;
      print(json === true ? JSON.stringify(lab, null, 2) : sentence);
    });
  command(program, "down", "remove the lab without a trace").action(async ({ name, json }: CommonOptions) => {
    await labDown({ name, onProgress: showProgress });
    print(json === true ? JSON.stringify({ name, state: "removed" }) : `Lab ${name} is gone.`);
  });
  command(program, "status", "show what runs").action(async ({ name, json }: CommonOptions) => {
    const status = await describeLab(name);
    if (json === true) print(JSON.stringify({ ...status, labs: await listLabs() }, null, 2));
    else print(status.lines.join("\n"));
  });
  command(program, "exec", "run a command inside the lab's network")
    .argument("<command...>", "program and arguments")
    .passThroughOptions()
    .addHelpText("after", "\nExample:\n  ./berth lab exec --name demo -- ip address")
    .action(async ([file, ...parameters]: string[], { name }: CommonOptions) => {
      if (file !== undefined) await runInside(name, [file, ...parameters]);
    });
  command(program, "enter", "open a shell, or run a command, inside an LXC as root")
    .argument("<node>", "its host name or address")
    .argument("[command...]", "program and arguments")
    .passThroughOptions()
    .addHelpText("after", "\nExamples:\n  ./berth lab enter user1\n  ./berth lab enter user1 -- docker ps")
    .action(async (node: string, words: string[], { name }: CommonOptions) => {
      // What comes after the node is passed through as it is, the -- before a command included.
      const [file, ...parameters] = words[0] === "--" ? words.slice(1) : words;
      await enterGuest(name, node, file === undefined ? undefined : [file, ...parameters]);
    });
  command(program, "shell", "open a shell inside the lab's network").action(async ({ name }: CommonOptions) => {
    await runInside(name, [process.env["SHELL"] ?? "/bin/sh"]);
  });
  return program;
}

try {
  await buildProgram().parseAsync();
} catch (thrown) {
  const error = toBerthError(thrown, "lab.failed");
  process.stderr.write(`${error.message}\n${error.hint === undefined ? "" : `${error.hint}\n`}`);
  process.exitCode = errorCatalogue[error.code].exitCode;
}
