import { expect, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { temporaryDirectory } from "./testing/directory.ts";
import { createTestTerminal, runInTest } from "./testing/terminal.ts";
import { allCommands, commandTree } from "./tree.ts";

test("--version", async () => {
  expect(await runInTest(["--version"])).toEqual({ exitCode: 0, stdout: `${packageJson.version}\n`, stderr: "" });
});

test("--help lists every command and an example, on stdout", async () => {
  const { exitCode, stdout, stderr } = await runInTest(["--help"]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  for (const [name, { summary }] of Object.entries(commandTree))
    expect(stdout).toMatch(new RegExp(`${name} +${summary.slice(0, 20)}`));
  expect(stdout).toContain("$ berth apply fleet.yaml --plan");
});

test.each(allCommands().map(({ words, entry }) => [words.join(" "), words, entry] as const))(
  "berth %s --help shows usage, summary and an example",
  async (name, words, entry) => {
    const { exitCode, stdout, stderr } = await runInTest([...words, "--help"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toMatch(new RegExp(`^Usage: berth ${name} \\[options\\]`));
    expect(stdout).toContain(entry.summary);
    expect(stdout).toMatch(/Examples:\n {2}# .+\n {2}\$ .*berth /);
    expect(stdout).toContain("--json");
    expect(stdout).toContain("--controller <ADDRESS>");
  },
);

test("the exact help of a command", async () => {
  expect((await runInTest(["run", "cancel", "--help"])).stdout).toBe(`Usage: berth run cancel [options] <ID>

Cancel what has not ended.

Steps that run are told to stop, those that wait are not begun. What is done stays done.

Arguments:
  ID                      Number of the run

Options:
  -h, --help              Show help

Global Options:
  -V, --version           Show the version
  --json                  Print one JSON document on stdout, and nothing else there
  --controller <ADDRESS>  Controller to speak to: https://HOST:PORT or unix:PATH (also
                          BERTH_CONTROLLER)

Examples:
  # cancel run 12
  $ berth run cancel 12
`);
});

test.each([
  [["statsu"], "error: Unknown command 'statsu'.\nhint: Did you mean 'status'?\n"],
  [["bogus"], "error: Unknown command 'bogus'.\nhint: Add --help to see what there is.\n"],
  [["logst"], "error: Unknown command 'logst'.\nhint: Did you mean 'logs'?\n"],
  [["node", "lst"], "error: Unknown command 'lst'.\nhint: Did you mean 'list'?\n"],
  [["apply", "f.yaml", "--prunee"], "error: Unknown option '--prunee'.\nhint: Did you mean '--prune'?\n"],
  [["apply"], "error: Missing required argument 'FILE'.\nhint: Add --help to see what there is.\n"],
  [
    ["run", "list", "--limit", "0"],
    "error: Option '--limit <N>' argument '0' is invalid. It must be a whole number from 1 to 500.\nhint: Add --help to see what there is.\n",
  ],
  [
    ["inventory", "--format", "xml"],
    "error: Option '--format <FORMAT>' argument 'xml' is invalid. Allowed choices are berth, ansible.\nhint: Add --help to see what there is.\n",
  ],
  [["run", "show", "x"], "error: 'x' is not the number of a run.\nhint: `berth run list` shows them.\n"],
])("a mistake in %j ends with 2 and one sentence", async (words, stderr) => {
  const terminal = createTestTerminal({ environment: { BERTH_CONTROLLER: "unix:/nonexistent" } });
  const outcome = await runInTest(words, terminal);
  // Commands that get as far as needing a controller would end with 7.
  expect(outcome).toEqual({ exitCode: 2, stdout: "", stderr });
});

test("a group without a verb shows its help on stderr", async () => {
  const { exitCode, stdout, stderr } = await runInTest(["node"]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toContain("upgrade-agent");
});

test("a controller that does not answer: what was tried, and how to start one", async () => {
  const directory = await temporaryDirectory();
  const outcome = await runInTest(["status", "--controller", `unix:${directory}/none.sock`]);
  expect(outcome).toEqual({
    exitCode: 7,
    stdout: "",
    stderr:
      `error: No controller answers. Tried: unix:${directory}/none.sock (no such socket).\n` +
      "hint: Start one with `berth serve --install`, try the demo with `./berth demo`, or name one: `berth login URL`, --controller, BERTH_CONTROLLER.\n",
  });
});

test("with --json an error is one JSON document on stderr", async () => {
  const { exitCode, stdout, stderr } = await runInTest(["catalog", "show", "n8", "--json"]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: "" });
  expect(JSON.parse(stderr)).toEqual({
    error: {
      code: "not-found",
      message: "The catalog has no service 'n8'.",
      hint: "Did you mean 'n8n'? `berth catalog list` shows all.",
    },
  });
});
