import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../testing/directory.ts";
import { createTestTerminal, runInTest } from "../testing/terminal.ts";
import { commandTree } from "../tree.ts";
import { complete, type NameLookup } from "./complete.ts";
import { completionScripts } from "./scripts.ts";

const lookUp: NameLookup = async (kind) => [
  { value: `${kind}-1`, description: "first" },
  { value: `${kind}-2`, description: "second" },
];

async function values(...words: string[]): Promise<string[]> {
  return (await complete(words, lookUp)).candidates.map(({ value }) => value);
}

test("commands, then verbs, by what is typed so far", async () => {
  expect(await values("")).toEqual(Object.keys(commandTree));
  expect(await values("lo")).toEqual(["logs", "login", "logout"]);
  expect(await values("run", "")).toEqual(["list", "show", "logs", "cancel", "resume"]);
  expect(await values("--json", "node", "s")).toEqual(["show"]);
  expect(await values("--controller", "unix:/x", "nod")).toEqual(["node"]);
});

test("names where a name belongs, and only there", async () => {
  expect(await values("node", "show", "")).toEqual(["node-1", "node-2"]);
  expect(await values("logs", "--tail", "5", "instance-1")).toEqual(["instance-1"]);
  expect(await values("logs", "user1-n8n", "")).toEqual([]);
  expect(await values("catalog", "show", "")).toEqual(["service-1", "service-2"]);
  expect(await values("run", "resume", "run-2")).toEqual(["run-2"]);
  expect(await values("exec", "user1-n8n", "--", "")).toEqual([]);
});

test("options, their choices and files", async () => {
  expect(await values("apply", "f.yaml", "--p")).toEqual(["--plan", "--prune"]);
  expect(await values("node", "remove", "--")).toEqual(["--force", "--keep-agent", "--json", "--controller", "--help"]);
  expect(await values("inventory", "--format", "")).toEqual(["berth", "ansible"]);
  expect(await complete(["apply", ""], lookUp)).toEqual({ candidates: [], files: true });
  expect((await complete(["login", "--ca-file", ""], lookUp)).files).toBe(true);
});

test("without a controller names are simply missing", async () => {
  const terminal = createTestTerminal({ environment: { BERTH_CONTROLLER: "unix:/nonexistent" } });
  expect(await runInTest(["__complete", "node", "show", ""], terminal)).toEqual({
    exitCode: 0,
    stdout: "",
    stderr: "",
  });
});

test("what the scripts read: value, tab, description", async () => {
  expect((await runInTest(["__complete", "catalog", ""])).stdout).toBe(
    "list\tEvery service of the catalog\nshow\tContainers, needs, secrets, environment, backup and upgrade rules of a service\n",
  );
  expect((await runInTest(["__complete", "apply", ""])).stdout).toBe(":file\n");
});

test("the bash script fills COMPREPLY with what berth offers", async () => {
  const directory = await temporaryDirectory();
  await writeFile(join(directory, "berth"), "#!/bin/sh\nprintf '%s\\t%s\\n' \"$*\" described\n", { mode: 0o755 });
  await writeFile(join(directory, "completion.bash"), completionScripts.bash);
  const program = `source ${directory}/completion.bash
COMP_WORDS=(${directory}/berth node sh) COMP_CWORD=2
_berth
printf '<%s>' "\${COMPREPLY[@]}"`;
  const { stdout } = await promisify(execFile)("bash", ["-c", program]);
  expect(stdout).toBe("<__complete node sh>");
});

test("an unknown shell is a mistake", async () => {
  const { exitCode, stderr } = await runInTest(["completion", "fish"]);
  expect({ exitCode, stderr }).toEqual({
    exitCode: 2,
    stderr: "error: There is no completion for 'fish'.\nhint: Known: bash, zsh.\n",
  });
});
