import { describe, expect, test, vi } from "vitest";
import { execa } from "execa";
import { temporaryDirectory } from "../../testing/temporary-directory.ts";
import { unitHash } from "../unit.ts";
import { shellLibrary } from "./library.ts";

// A busy machine is slow, not wrong.
vi.setConfig({ testTimeout: 30_000 });

/** Runs shell text after the library's, as a host would; `/bin/sh` is dash on Debian. */
function shell(text: string, input = "") {
  return execa("/bin/sh", ["-c", `${shellLibrary()}\n${text}`], { input, reject: false, timeout: 20_000 });
}

const suitable = {
  os: "debian",
  os_name: "Debian GNU/Linux 12",
  os_version: "12",
  architecture: "amd64",
  user: "0",
  systemd: "yes",
  container: "lxc",
  nesting: "yes",
};

async function refusal(facts: Partial<typeof suitable>): Promise<string> {
  const assignments = Object.entries({ ...suitable, ...facts }).map(([name, value]) => `${name}='${value}'`);
  const { stdout, exitCode } = await shell(`${assignments.join("\n")}\nrefusal`);
  expect(exitCode).toBe(0);
  return stdout;
}

describe("hosts that Berth manages", () => {
  test.each<[string, Partial<typeof suitable>]>([
    ["an LXC with nesting", {}],
    ["Ubuntu on arm64", { os: "ubuntu", os_version: "24.04", architecture: "arm64", container: "none" }],
    ["a virtual machine", { container: "none", nesting: "no" }],
    ["Debian testing, which has no version", { os_version: "" }],
  ])("%s", async (_what, facts) => {
    expect(await refusal(facts)).toBe("");
  });

  test.each<[string, Partial<typeof suitable>, string]>([
    [
      "Fedora",
      { os: "fedora", os_name: "Fedora Linux 42" },
      "It runs Fedora Linux 42; Berth manages Debian and Ubuntu",
    ],
    ["an old Debian", { os_version: "10", os_name: "Debian 10" }, "It runs Debian 10; Berth needs Debian 11"],
    ["an old Ubuntu", { os: "ubuntu", os_version: "18.04", os_name: "Ubuntu 18.04" }, "It runs Ubuntu 18.04"],
    ["32 bits", { architecture: "i386" }, "Its architecture is i386"],
    ["another user", { user: "1000" }, "This must run as root"],
    ["no systemd", { systemd: "no" }, "It does not run systemd"],
    ["an LXC without nesting", { nesting: "no" }, "pct set VMID --features nesting=1"],
    ["a Docker container", { container: "docker" }, "It is itself a container (docker)"],
  ])("and not %s", async (_what, facts, sentence) => {
    expect(await refusal(facts)).toContain(sentence);
  });
});

test("the facts of this machine are read without changing it", async () => {
  const { stdout, exitCode } = await shell("read_facts; print_facts");
  expect(exitCode).toBe(0);
  const facts = Object.fromEntries(stdout.split("\n").map((line) => line.split(/=(.*)/s)));
  expect(facts).toMatchObject({
    architecture: expect.stringMatching(/^(amd64|arm64)$/),
    docker: expect.stringMatching(/^(absent|stopped|running)$/),
    nftables: expect.stringMatching(/^(absent|present)$/),
    free_kilobytes: expect.stringMatching(/^\d+$/),
  });
});

describe("putting files in place", () => {
  const digest = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"; // of "hello"

  test("happens whole, and the link leads to the new one", async () => {
    await using directory = await temporaryDirectory();
    const script = `install_directory='${directory.path}/agent'\n(place_bundle "$name" ${digest})`;
    for (const name of ["1.0.0-a", "1.1.0-b"]) {
      expect(await shell(`name=${name}\n${script}`, "hello")).toMatchObject({ exitCode: 0 });
    }
    const { stdout } = await shell(
      `cd '${directory.path}/agent'; readlink current; cat current/agent.mjs; echo; ls -A versions`,
    );
    expect(stdout).toBe("versions/1.1.0-b\nhello\n1.0.0-a\n1.1.0-b");
  });

  test("does not happen when something else arrived, and leaves nothing", async () => {
    await using directory = await temporaryDirectory();
    const result = await shell(`install_directory='${directory.path}/agent'\n(place_bundle 1.0.0-a ${digest})`, "hell");
    expect(result).toMatchObject({ exitCode: 70, stderr: "What was sent arrived damaged." });
    const { stdout } = await shell(`ls -A '${directory.path}/agent' '${directory.path}/agent/versions'`);
    expect(stdout).not.toMatch(/current|incoming|1\.0\.0/);
  });

  test("refuses a runtime that does not run here", async () => {
    await using directory = await temporaryDirectory();
    const fake = "#!/bin/sh\necho v0.0.1\n";
    const { stdout: packed } = await execa("gzip", { input: fake, encoding: "buffer" });
    const script = `${shellLibrary()}\ninstall_directory='${directory.path}'\n(place_runtime v24.21.0)`;
    const result = await execa("/bin/sh", ["-c", script], { input: packed, reject: false });
    expect(result).toMatchObject({ exitCode: 70, stderr: "Node v24.21.0 does not run here: v0.0.1" });
  });

  test("older versions go, what runs stays", async () => {
    await using directory = await temporaryDirectory();
    const { stdout } = await shell(`install_directory='${directory.path}'; cd '${directory.path}'
      mkdir -p versions/1 versions/2 versions/.incoming.x runtime/v1 runtime/v2
      ln -s versions/2 current; ln -s runtime/v1/node node; prune; ls -A versions runtime`);
    expect(stdout).toBe("runtime:\nv1\n\nversions:\n2");
  });
});

test("the units that are written have the hash that the plan compares", async () => {
  await using directory = await temporaryDirectory();
  const { stdout } = await shell(`unit_file='${directory.path}/unit' firewall_unit_file='${directory.path}/firewall'
    systemctl() { :; }
    mkdir() { :; }
    units_sum; place_units; units_sum`);
  expect(stdout).toBe(unitHash());
});
