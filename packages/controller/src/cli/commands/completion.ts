import { completionScripts, shells } from "../completion/scripts.ts";
import { defineCommand } from "../define-command.ts";
import { usageError } from "../errors.ts";

export default defineCommand({
  details:
    "Prints a script for the shell. Names of nodes, instances and runs are completed too, when a controller answers.",
  arguments: { shell: { description: "bash or zsh" } },
  examples: [
    { command: "source <(berth completion bash)", does: "for this shell; the line also fits ~/.bashrc" },
    { command: 'berth completion zsh > "${fpath[1]}/_berth"', does: "for every zsh from now on" },
  ],
  async run({ input }) {
    const shell = shells.find((known) => known === input.shell);
    if (shell === undefined)
      throw usageError(`There is no completion for '${input.shell}'.`, `Known: ${shells.join(", ")}.`);
    return { shell, script: completionScripts[shell] };
  },
  render: ({ script }) => script.replace(/\n$/, "").split("\n"),
});
