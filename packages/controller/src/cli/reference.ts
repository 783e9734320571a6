/** docs/cli.md, from the table of contents and the command definitions. A test keeps the file true. */
import type { Command, OptionDefinition } from "./define-command.ts";
import { globalOptions, optionFlags } from "./program.ts";
import { allCommands, type CommandEntry, commandTree } from "./tree.ts";

const introduction = `# The command line

Made from the command definitions; \`vitest run --project unit packages/controller/src/cli/reference.test.ts --update\` renews it.

\`berth COMMAND --help\` shows the same for one command. Results go to stdout; messages, progress and errors to stderr.

## Which controller

The first of these: \`--controller\`, the environment variable \`BERTH_CONTROLLER\`, the saved login of \`berth login\`,
\`/run/berth/controller.sock\`, the demo's \`/run/berth-lab/demo/controller.sock\`. A saved login is used alone: when it does
not answer, no other controller stands in for it. Over a Unix socket no login is needed; its file permissions decide.

Scripts take an access token (\`berth token create\`) from the environment variable \`BERTH_TOKEN\`, in place of a saved login's.

## Exit codes

| code | meaning |
| ---- | ------- |
| 0 | It succeeded; for \`apply\`: the run succeeded, or nothing was to be done |
| 1 | A mistake in Berth itself |
| 2 | The command or the fleet file is malformed |
| 3 | Nothing has this name |
| 4 | Another run or owner holds it |
| 5 | No valid login, or the role does not allow it |
| 6 | CLI and controller do not understand each other |
| 7 | The controller does not answer |
| 8 | It was tried and failed: a run, a node, a host, a store |
| 9 | The host is not one that Berth can manage |
| 10 | It was cancelled |
| 130 | Ctrl-C: detached from a run that goes on |

\`berth exec\` ends with the code of its command.
`;

export async function cliReference(): Promise<string> {
  const sections = await Promise.all(
    allCommands().map(async ({ words, entry }) => commandSection(words, entry, (await entry.load()).default)),
  );
  return [introduction, globalSection(), contents(), ...sections].join("\n");
}

function globalSection(): string {
  const rows = globalOptions.map(({ flags, description }) => `| \`${flags}\` | ${cell(description)} |`);
  return ["## Options of every command", "", "| option | meaning |", "| ------ | ------- |", ...rows, ""].join("\n");
}

function contents(): string {
  const lines = Object.entries(commandTree).map(([name, { summary }]) => `- \`berth ${name}\`: ${summary}`);
  return ["## Commands", "", ...lines, ""].join("\n");
}

function commandSection(words: readonly string[], entry: CommandEntry, command: Command): string {
  const operands = Object.entries(command.arguments).map(([name, { optional, variadic }]) => {
    const text = `${name.toUpperCase()}${variadic ? "..." : ""}`;
    return optional ? `[${text}]` : text;
  });
  const parameters = [
    ...Object.entries(command.arguments).map(([name, { description }]) => row(name.toUpperCase(), description)),
    ...Object.entries(command.options).map(([name, option]) => row(optionFlags(name, option), optionText(option))),
  ];
  return [
    `### berth ${[...words, ...operands].join(" ")}`,
    "",
    `${entry.summary}.${command.details === undefined ? "" : ` ${command.details}`}`,
    "",
    ...(parameters.length === 0 ? [] : ["| | |", "| --- | --- |", ...parameters, ""]),
    "```sh",
    ...command.examples.flatMap(({ command: example, does }) => [`# ${does}`, example]),
    "```",
    "",
  ].join("\n");
}

function row(name: string, description: string): string {
  return `| \`${name}\` | ${cell(description)} |`;
}

function optionText(option: OptionDefinition): string {
  if (option.kind === "flag") return option.description;
  const choices = option.kind === "choice" ? ` (${option.choices.join(", ")})` : "";
  const standard = option.default === undefined ? "" : ` (default: ${option.default})`;
  return `${option.description}${choices}${standard}`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
