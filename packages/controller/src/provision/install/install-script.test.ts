import { readFile } from "node:fs/promises";
import { execa } from "execa";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type TemporaryDirectory, temporaryDirectory } from "../testing/temporary-directory.ts";
import { testDownloads } from "../testing/test-downloads.ts";
import { type Downloads, prepareDownloads } from "./downloads.ts";
import { renderInstallScript, uninstallScript } from "./install-script.ts";

let directory: TemporaryDirectory;
let downloads: Downloads;

beforeEach(async () => {
  directory = await temporaryDirectory();
  downloads = await testDownloads(directory);
});

afterEach(() => directory[Symbol.asyncDispose]());

const caPem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";

test("the agent is kept as a file of its own, named by its content", async () => {
  expect(downloads.bundle).toMatch(/^1\.2\.3-[0-9a-f]{12}$/);
  expect(downloads.agent).toMatchObject({
    path: `/agent/downloads/agent-${downloads.bundle}.mjs`,
    kind: "agent",
    size: 20,
    architecture: null,
  });
  await directory.write("agent.mjs", "replaced");
  expect(await readFile(downloads.agent.file, "utf8")).toBe("console.log('agent')");
});

test("an agent that was not built is told of", async () => {
  const options = { directory: directory.path, agentBundle: `${directory.path}/nowhere`, version: "1.2.3" };
  await expect(prepareDownloads(options)).rejects.toMatchObject({ code: "internal", hint: "Run: pnpm build" });
});

test("the script is sound POSIX shell and holds what it verifies with, but no token", async () => {
  const script = await renderInstallScript({
    controllerUrl: "https://10.0.6.1:8421",
    caPem,
    downloads,
    architecture: "amd64",
  });
  await execa("/bin/sh", ["-n"], { input: script });
  expect(script).toContain(`fetch ${downloads.agent.path} ${downloads.agent.sha256}`);
  expect(script).toContain(caPem);
  expect(script).not.toContain("berth1.");
  // Whatever arrives of a script that is cut short, nothing of it runs.
  const { stdout, exitCode } = await execa("/bin/sh", { input: script.slice(0, -10), reject: false });
  expect([stdout, exitCode]).toEqual(["", 0]);
});

test("the script refuses a host in a sentence before it touches it", async () => {
  const script = await renderInstallScript({
    controllerUrl: "https://10.0.6.1:8421",
    caPem,
    downloads,
    architecture: "amd64",
  });
  const wrapped = script.replace('main "$@"', 'read_facts() { os=plan9 os_name=Plan9 os_version=4; }\nmain "$@"');
  const { stderr, exitCode } = await execa("/bin/sh", ["-s"], { input: wrapped, reject: false });
  expect([stderr, exitCode]).toEqual([
    "This host cannot be a node. It runs Plan9; Berth manages Debian and Ubuntu hosts.",
    70,
  ]);
  const unknown = await execa("/bin/sh", ["-s", "--", "--help"], { input: script, reject: false });
  expect(unknown.stderr).toContain("Known are --token-file FILE and --uninstall");
});

test.each([
  ["10.0.6.14", { stdout: "goes on", stderr: "" }],
  ["", { stdout: "goes on", stderr: "" }],
  [
    "10.0.6.1",
    { stdout: "", stderr: expect.stringMatching(/does not have the node's address 10\.0\.6\.1, but: 10\.0\.6\.14/) },
  ],
])("a host with another address than '%s' does not become the node", async (address, outcome) => {
  const script = await renderInstallScript({ controllerUrl: "https://10.0.6.1:8421", caPem, downloads });
  const checking = `node_address='${address}'\nhostname() { echo '10.0.6.14 172.17.0.1 '; }\ncheck_address\necho goes on`;
  const input = script.replace('main "$@"', checking);
  expect(await execa("/bin/sh", ["-s"], { input, reject: false })).toMatchObject(outcome);
});

test("the script that removes everything is sound POSIX shell", async () => {
  await execa("/bin/sh", ["-n"], { input: uninstallScript({ containers: true }) });
});
