import { setTimeout as pause } from "node:timers/promises";
import { BerthError } from "@berth/shared/errors";
import type { Phase } from "@berth/shared/operations/phases";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type TemporaryDirectory, temporaryDirectory } from "../testing/temporary-directory.ts";
import { testDownloads } from "../testing/test-downloads.ts";
import type { Downloads } from "./downloads.ts";
import { ensureAgent } from "./ensure.ts";
import { hostOver } from "./host.ts";
import type { RemoteCommand, RemoteResult } from "../ssh/session.ts";
import { shellLibrary } from "./script/library.ts";
import { unitHash } from "./unit.ts";

const token = "berth1.0123456789ab.secretsecretsecretsecretsecretsecret.ffff";

let directory: TemporaryDirectory;
let downloads: Downloads;
/** What the host was asked, in order: the functions, their arguments and what came in. */
let calls: string[][];
let facts: Record<string, string>;
let answers: Record<string, Partial<RemoteResult>>;
let online: boolean[];
let lines: string[];
let phases: Phase[];
/** What is asked of the host takes its time. */
let isSlow: boolean;

beforeEach(async () => {
  directory = await temporaryDirectory();
  downloads = await testDownloads(directory);
  calls = [];
  [lines, phases, isSlow] = [[], [], false];
  answers = {};
  online = [true];
  facts = {
    os_name: "Debian GNU/Linux 12",
    architecture: "arm64",
    container: "lxc",
    cgroup: "2",
    docker: "running",
    docker_version: "20.10.24",
    nftables: "present",
    runtime: downloads.runtime,
    bundle: downloads.agent.sha256,
    unit: unitHash(),
    service: "active",
    enrolled_node: "user1",
    enrolled_ca: "ca",
    free_kilobytes: "9000000",
    clock: String(Math.round(Date.now() / 1000)),
    refusal: "",
  };
});

afterEach(() => directory[Symbol.asyncDispose]());

async function runOnHost(user: string, { argv, input }: RemoteCommand): Promise<RemoteResult> {
  const shell = user === "root" ? argv : argv.slice(2);
  expect(argv.slice(0, argv.length - shell.length)).toEqual(user === "root" ? [] : ["sudo", "-n"]);
  const [, , script = "", , ...parameters] = shell;
  if (isSlow) await pause(20);
  const functions = script.slice(shellLibrary().length).trim();
  const received = typeof input === "string" ? input : input === undefined ? "" : await text(input);
  if (!functions.startsWith("read_facts; print")) calls.push([functions, ...parameters, received]);
  const stdout = functions.endsWith("print_facts")
    ? Object.entries(facts)
        .map(([name, value]) => `${name}=${value}\n`)
        .join("")
    : "";
  return { exitCode: 0, stdout, stderr: "", ...answers[functions.split(" ")[0] ?? ""] };
}

function ensure(user = "root") {
  const progress = {
    log: (line: string) => void lines.push(line),
    phases: (told: readonly Phase[]) => void phases.push(...told),
    signal: AbortSignal.timeout(10_000),
  };
  const session = {
    place: "root@10.0.6.11:22",
    run: (command: RemoteCommand) => runOnHost(user, command),
    [Symbol.asyncDispose]: async () => undefined,
  };
  const access = {
    controllerUrl: () => "https://10.0.6.1:8421",
    caFingerprint: () => "ca",
    createJoinToken: async () => ({ token }),
    waitOnline: async () => {
      if (isSlow) await pause(20);
      if (online.shift() === false) throw new BerthError("node.offline", "user1 is not online");
    },
  };
  return ensureAgent(hostOver(session, user, progress), { node: "user1", downloads, access }, progress);
}

test("an agent that is as wanted and online is left alone", async () => {
  expect(await ensure()).toEqual({ installed: false, version: "1.2.3" });
  expect(calls).toEqual([]);
});

test("a bare host gets everything; the join token comes by standard input alone", async () => {
  Object.assign(facts, {
    docker: "absent",
    nftables: "absent",
    runtime: "",
    bundle: "",
    unit: "",
    service: "inactive",
    enrolled_node: "",
  });
  expect(await ensure()).toEqual({ installed: true, version: "1.2.3" });
  expect(calls).toEqual([
    ["read_facts; install_docker", ""],
    ["install_nftables", ""],
    ["start_docker", ""],
    ['place_runtime "$1"', downloads.runtime, "a runtime"],
    ['place_bundle "$1" "$2"', downloads.bundle, downloads.agent.sha256, "console.log('agent')"],
    ["place_units", ""],
    ['enrol "$1"', "https://10.0.6.1:8421", `${token}\n`],
    ["restart_agent", ""],
    ["prune", ""],
  ]);
  expect(JSON.stringify(lines)).not.toContain("secret");
});

test("each part is told with the time that it took", async () => {
  Object.assign(facts, { bundle: "", service: "inactive" });
  isSlow = true;
  await ensure();
  expect(phases.map(({ name, target }) => [name, target])).toEqual([
    ["install", "bundle"],
    ["install", "restart"],
    ["wait until online", "user1"],
  ]);
});

test("a user other than root goes through sudo", async () => {
  facts["service"] = "failed";
  await ensure("deploy");
  expect(calls).toEqual([
    ["restart_agent", ""],
    ["prune", ""],
  ]);
});

test("one that runs but is offline is started again", async () => {
  online = [false, true];
  expect(await ensure()).toEqual({ installed: false, version: "1.2.3" });
  expect(calls).toEqual([["restart_agent", ""]]);
});

test("one that stays offline shows its journal", async () => {
  online = [false, false];
  answers["agent_journal"] = { stdout: "connect EHOSTUNREACH 10.0.6.1:8421 " };
  await expect(ensure()).rejects.toMatchObject({
    code: "install.failed",
    message:
      "The agent of user1 runs on root@10.0.6.11:22 but does not come online: connect EHOSTUNREACH 10.0.6.1:8421",
  });
  expect(calls.map(([functions]) => functions)).toEqual(["restart_agent", "agent_journal"]);
});

test.each([
  ["root", "What was sent arrived damaged.", "install.failed", /could not start Docker: What was sent arrived damaged/],
  ["root", "tar: write error: No space left on device", "disk.full", /has no space left to start Docker/],
  ["deploy", "sudo: a password is required", "host.unsupported", /deploy cannot become root/],
  ["deploy", "sh: 1: sudo: not found", "host.unsupported", /deploy cannot become root/],
])("a failure as %s of '%s' is %s", async (user, stderr, code, message) => {
  facts["docker"] = "stopped";
  answers["start_docker"] = { exitCode: 1, stderr: `E: before\n${stderr}\n` };
  await expect(ensure(user)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
});
