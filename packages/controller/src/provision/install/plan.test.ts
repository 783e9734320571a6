import { describe, expect, test } from "vitest";
import { planInstall, type WantedAgent } from "./plan.ts";
import { parseProbe, type Probe } from "./probe.ts";

const wanted: WantedAgent = {
  node: "user1",
  runtime: "v24.21.0",
  bundle: "b".repeat(64),
  unit: "c".repeat(64),
  caFingerprint: "d".repeat(64),
  clock: 1_800_000_000,
};

const ready: Probe = {
  os_name: "Debian GNU/Linux 12 (bookworm)",
  architecture: "amd64",
  container: "lxc",
  cgroup: 2,
  docker: "running",
  docker_version: "20.10.24+dfsg1",
  nftables: "present",
  runtime: wanted.runtime,
  bundle: wanted.bundle,
  unit: wanted.unit,
  service: "active",
  enrolled_node: "user1",
  enrolled_ca: wanted.caFingerprint,
  free_kilobytes: 10_000_000,
  clock: wanted.clock,
  refusal: null,
};

const bare: Probe = {
  ...ready,
  docker: "absent",
  docker_version: null,
  nftables: "absent",
  runtime: null,
  bundle: null,
  unit: null,
  service: "inactive",
  enrolled_node: null,
  enrolled_ca: null,
};

const plan = (probe: Partial<Probe>, base = ready) => planInstall({ ...base, ...probe }, wanted, "root@10.0.6.11:22");

describe("the steps", () => {
  test("are none on a host that has everything", () => {
    expect(plan({})).toEqual({ steps: [], warnings: [] });
  });

  test("are all on a bare host, in order", () => {
    expect(plan({}, bare).steps).toEqual([
      "install-docker",
      "install-nftables",
      "start-docker",
      "runtime",
      "bundle",
      "unit",
      "enrol",
      "restart",
    ]);
  });

  test.each<[string, Partial<Probe>, string[]]>([
    ["another runtime", { runtime: "v22.1.0" }, ["runtime", "restart"]],
    ["another agent", { bundle: "e".repeat(64) }, ["bundle", "restart"]],
    ["an edited unit", { unit: "e".repeat(64) }, ["unit", "restart"]],
    ["no identity", { enrolled_node: null, enrolled_ca: null }, ["enrol", "restart"]],
    ["a failed service", { service: "failed" }, ["restart"]],
    ["nftables missing", { nftables: "absent" }, ["install-nftables"]],
    ["Docker stopped", { docker: "stopped" }, ["start-docker"]],
  ])("are only those that %s takes", (_what, probe, steps) => {
    expect(plan(probe).steps).toEqual(steps);
  });
});

describe("a host is refused", () => {
  test("when it is none that Berth manages, in its own words", () => {
    expect(() => plan({ refusal: "It runs Fedora Linux 42; Berth manages Debian and Ubuntu hosts." })).toThrow(
      expect.objectContaining({
        code: "host.unsupported",
        message:
          "root@10.0.6.11:22 cannot be node user1. It runs Fedora Linux 42; Berth manages Debian and Ubuntu hosts.",
      }),
    );
  });

  test("when it belongs to another controller or is another node", () => {
    expect(() => plan({ enrolled_ca: "f".repeat(64) })).toThrow(
      expect.objectContaining({ code: "conflict", message: expect.stringContaining("another controller") }),
    );
    expect(() => plan({ enrolled_node: "user2" })).toThrow(
      expect.objectContaining({ code: "conflict", message: "root@10.0.6.11:22 is node user2 already, not user1" }),
    );
  });

  test("when its disk is too full for what is missing, and only then", () => {
    expect(() => plan({ free_kilobytes: 100 * 1024 }, bare)).toThrow(
      expect.objectContaining({
        code: "disk.full",
        message: "root@10.0.6.11:22 has 100MiB free under /opt, and the agent needs 920MiB",
      }),
    );
    expect(plan({ free_kilobytes: 100 * 1024, bundle: null }).steps).toEqual(["bundle", "restart"]);
  });
});

test("a clock that is off is told of", () => {
  expect(plan({ clock: wanted.clock - 3600 }).warnings).toEqual([
    "The clock of root@10.0.6.11:22 is 3600 s behind the controller's; set it right, certificates depend on it",
  ]);
  expect(plan({ clock: wanted.clock + 59 }).warnings).toEqual([]);
});

test("a probe is read past a login shell's greeting, and a broken one is told of", () => {
  const text = ["Welcome!", ...Object.entries(ready).map(([name, value]) => `${name}=${value ?? ""}`)].join("\n");
  expect(parseProbe(text, "the host")).toEqual(ready);
  expect(() => parseProbe("docker=perhaps", "root@10.0.6.11:22")).toThrow(
    expect.objectContaining({ code: "install.failed" }),
  );
});
