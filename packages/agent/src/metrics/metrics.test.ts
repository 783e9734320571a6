import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { containerColumns, nodeColumns, type Row } from "@berth/shared/metrics/samples";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CgroupMounts, directoryOf, nodePaths, parseMounts, parseProcCgroup } from "./cgroup-paths.ts";
import { ContainerMeter } from "./container-meter.ts";
import { CounterFile, readNetwork } from "./counter-file.ts";
import { NodeMeter } from "./node-meter.ts";
import { rate } from "./rate.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "berth-metrics-"));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

const netDev = (
  received: number,
  transmitted: number,
): string => `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 999999      10    0    0    0     0          0         0   999999      10    0    0    0     0       0          0
  eth0: ${received}      10    0    0    0     0          0         0 ${transmitted}      10    0    0    0     0       0          0
vethab12: 777 1 0 0 0 0 0 0 777 1 0 0 0 0 0 0
`;

describe("parseMounts", () => {
  it("takes version 1 where the memory controller is of version 1, as on a hybrid host", () => {
    const mounts = parseMounts(
      [
        "30 25 0:26 / /sys/fs/cgroup rw - tmpfs tmpfs rw",
        "31 30 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
        "32 30 0:28 /lxc/110 /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct",
        "33 30 0:29 /lxc/110 /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory",
      ].join("\n"),
    );
    expect(mounts.version).toBe(1);
    expect(mounts.byController.get("cpuacct")).toEqual({
      mountPoint: "/sys/fs/cgroup/cpu,cpuacct",
      root: "/lxc/110",
    });
  });

  it("takes version 2 where there is nothing else", () => {
    expect(parseMounts("31 30 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw")).toEqual({
      version: 2,
      byController: new Map([["", { mountPoint: "/sys/fs/cgroup", root: "/" }]]),
    });
  });
});

describe("directoryOf", () => {
  const v1 = (mountRoot: string): CgroupMounts => {
    return { version: 1, byController: new Map([["memory", { mountPoint: "/cg/memory", root: mountRoot }]]) };
  };

  it.each([
    ["a namespace of its own", "/", "4:memory:/docker/abc", "/cg/memory/docker/abc"],
    ["a mount of its own part only", "/lxc/110", "4:memory:/lxc/110/docker/abc", "/cg/memory/docker/abc"],
    ["the systemd driver", "/", "4:memory:/system.slice/docker-abc.scope", "/cg/memory/system.slice/docker-abc.scope"],
    ["a path with colons", "/", "4:memory:/a:b", "/cg/memory/a:b"],
  ])("finds the group with %s", (_what, mountRoot, line, expected) => {
    expect(directoryOf(v1(mountRoot), parseProcCgroup(line), "memory")).toBe(expected);
  });
});

describe("nodePaths", () => {
  const mounts = parseMounts("33 30 0:29 / /cg/memory rw - cgroup cgroup rw,memory");

  it("is the LXC's own group in an LXC that sees its host's hierarchy", () => {
    expect(nodePaths(mounts, "4:memory:/lxc/110/init.scope", true).get("memory")).toBe("/lxc/110");
  });

  it("is everything on a host, wherever its first process sits", () => {
    expect(nodePaths(mounts, "4:memory:/init.scope", false).get("memory")).toBe("/");
  });
});

describe("rate", () => {
  it("is zero over a counter that began anew", () => {
    expect(rate(100, 300, 2)).toBe(100);
    expect(rate(300, 100, 2)).toBe(0);
  });
});

describe("readNetwork", () => {
  it("sums what counts", () => {
    write({ dev: netDev(1234, 5678) });
    const file = CounterFile.open(join(root, "dev"));
    const bytes = { first: 0, second: 0 };
    expect(file && readNetwork(file, (name) => name !== "lo", bytes)).toBe(true);
    expect(bytes).toEqual({ first: 1234 + 777, second: 5678 + 777 });
    file?.close();
  });
});

describe("ContainerMeter", () => {
  const mebibyte = 1024 * 1024;

  it("measures version 1", () => {
    const byController = new Map(
      ["cpuacct", "cpu", "memory", "blkio", "pids"].map((name) => [name, { mountPoint: join(root, name), root: "/" }]),
    );
    const group = "docker/abc";
    write({
      "proc/7/cgroup":
        "3:pids:/docker/abc\n2:blkio:/docker/abc\n5:cpu:/docker/abc\n1:cpuacct:/docker/abc\n4:memory:/docker/abc\n",
      "proc/7/net/dev": netDev(1000, 2000),
      [`cpuacct/${group}/cpuacct.usage`]: "1000000000\n",
      [`cpu/${group}/cpu.cfs_quota_us`]: "50000\n",
      [`cpu/${group}/cpu.stat`]: "nr_periods 10\nnr_throttled 2\nthrottled_time 100000000\n",
      [`memory/${group}/memory.usage_in_bytes`]: `${30 * mebibyte}\n`,
      [`memory/${group}/memory.stat`]: `cache 1\ninactive_file 5\ntotal_inactive_file ${10 * mebibyte}\n`,
      [`memory/${group}/memory.limit_in_bytes`]: `${64 * mebibyte}\n`,
      [`blkio/${group}/blkio.throttle.io_service_bytes_recursive`]: "8:0 Read 4096\n8:0 Write 0\nTotal 4096\n",
      [`pids/${group}/pids.current`]: "3\n",
    });
    const meter = new ContainerMeter({ version: 1, byController }, 7, join(root, "proc"));
    expect(meter.sample(1000, 1e12)).toBeNull();
    write({
      "proc/7/net/dev": netDev(3000, 2500),
      [`cpuacct/${group}/cpuacct.usage`]: "1500000000\n",
      [`cpu/${group}/cpu.stat`]: "nr_periods 30\nnr_throttled 9\nthrottled_time 900000000\n",
      [`blkio/${group}/blkio.throttle.io_service_bytes_recursive`]:
        "8:0 Read 8192\n8:0 Write 2048\n8:16 Write 2048\nTotal 12288\n",
    });
    expect(named(containerColumns, meter.sample(3000, 1e12))).toEqual({
      cpuCores: 0.25,
      memoryBytes: 20 * mebibyte,
      memoryLimitBytes: 64 * mebibyte,
      networkReceiveBytesPerSecond: 1000,
      networkTransmitBytesPerSecond: 250,
      diskReadBytesPerSecond: 2048,
      diskWriteBytesPerSecond: 2048,
      processes: 3,
      cpuThrottled: 0.4,
    });
    meter.close();
  });

  it("measures version 2, where no limit of its own means the node's", () => {
    const group = "system.slice/docker-abc.scope";
    write({
      "proc/7/cgroup": `0::/${group}\n`,
      "proc/7/net/dev": netDev(0, 0),
      [`cg/${group}/cpu.stat`]: "usage_usec 1000000\nuser_usec 1\n",
      [`cg/${group}/memory.current`]: `${30 * mebibyte}\n`,
      [`cg/${group}/memory.stat`]: `anon 1\ninactive_anon 7\ninactive_file ${10 * mebibyte}\n`,
      [`cg/${group}/memory.max`]: "max\n",
      [`cg/${group}/io.stat`]: "8:0 rbytes=100 wbytes=200 rios=1 wios=1 dbytes=0 dios=0\n8:16 rbytes=1 wbytes=2\n",
      [`cg/${group}/pids.current`]: "1\n",
    });
    const mounts: CgroupMounts = {
      version: 2,
      byController: new Map([["", { mountPoint: join(root, "cg"), root: "/" }]]),
    };
    const meter = new ContainerMeter(mounts, 7, join(root, "proc"));
    meter.sample(0, 512 * mebibyte);
    write({
      [`cg/${group}/cpu.stat`]: "usage_usec 3000000\nuser_usec 1\n",
      [`cg/${group}/io.stat`]: "8:0 rbytes=300 wbytes=200\n8:16 rbytes=1 wbytes=102\n",
    });
    expect(meter.sample(1000, 512 * mebibyte)).toEqual([2, 20 * mebibyte, 512 * mebibyte, 0, 0, 200, 100, 1, 0]);
    meter.close();
  });

  it("tells for how long a limit of version 2 held it back", () => {
    const group = "docker/abc";
    const stat = (used: number, throttled: number) =>
      `usage_usec ${used}\nnr_throttled 1\nthrottled_usec ${throttled}\n`;
    write({
      "proc/7/cgroup": `0::/${group}\n`,
      [`cg/${group}/cpu.stat`]: stat(0, 0),
      [`cg/${group}/cpu.max`]: "50000 100000\n",
      [`cg/${group}/memory.current`]: "4096\n",
    });
    const mounts: CgroupMounts = {
      version: 2,
      byController: new Map([["", { mountPoint: join(root, "cg"), root: "/" }]]),
    };
    const meter = new ContainerMeter(mounts, 7, join(root, "proc"));
    meter.sample(0, 1);
    write({ [`cg/${group}/cpu.stat`]: stat(500_000, 250_000) });
    expect(named(containerColumns, meter.sample(1000, 1))).toMatchObject({ cpuCores: 0.5, cpuThrottled: 0.25 });
    meter.close();
  });

  it("shows no disk traffic of a container that did not run, and catches up after a while", () => {
    const group = "docker/abc";
    write({
      "proc/7/cgroup": `0::/${group}\n`,
      [`cg/${group}/cpu.stat`]: "usage_usec 5\n",
      [`cg/${group}/memory.current`]: "4096\n",
      [`cg/${group}/io.stat`]: "8:0 rbytes=0 wbytes=0\n",
    });
    const mounts: CgroupMounts = {
      version: 2,
      byController: new Map([["", { mountPoint: join(root, "cg"), root: "/" }]]),
    };
    const meter = new ContainerMeter(mounts, 7, join(root, "proc"));
    meter.sample(10_000, 1);
    write({ [`cg/${group}/io.stat`]: "8:0 rbytes=0 wbytes=5000\n" });
    const written = [11_000, 12_000, 13_000, 14_000, 15_000].map((at) => meter.sample(at, 1)?.[6]);
    expect(written).toEqual([0, 0, 0, 0, 1000]);
    meter.close();
  });

  it("gives no row for a container that is gone", () => {
    write({ "proc/7/cgroup": "0::/docker/abc\n" });
    const mounts: CgroupMounts = {
      version: 2,
      byController: new Map([["", { mountPoint: join(root, "cg"), root: "/" }]]),
    };
    const meter = new ContainerMeter(mounts, 7, join(root, "proc"));
    meter.sample(0, 1);
    expect(meter.sample(1000, 1)).toBeNull();
    meter.close();
  });
});

describe("NodeMeter", () => {
  const gibibyte = 1024 ** 3;

  function writeNode(limit: string): void {
    write({
      "proc/self/mountinfo": `31 30 0:27 / ${join(root, "cg")} rw - cgroup2 cgroup2 rw\n`,
      "proc/1/cgroup": "0::/init.scope\n",
      "proc/1/environ": "container=lxc\0",
      "proc/self/net/dev": netDev(1000, 0),
      "proc/meminfo": `MemTotal: ${16 * 1024 * 1024} kB\nMemAvailable: 1024 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n`,
      "cg/cpu.stat": "usage_usec 0\n",
      "cg/cpu.max": "50000 100000\n",
      "cg/memory.current": `${gibibyte}\n`,
      "cg/memory.stat": `inactive_file ${gibibyte / 2}\n`,
      "cg/memory.max": limit,
      "cg/memory.swap.current": "4096\n",
      "cg/io.stat": "",
    });
  }

  it("measures an LXC by its own limits and use, not by its host's", () => {
    writeNode(`${4 * gibibyte}\n`);
    const meter = new NodeMeter(join(root, "proc"));
    expect(meter.cores).toBe(0.5);
    expect(meter.sample(0)).toBeNull();
    write({ "cg/cpu.stat": "usage_usec 500000\n", "proc/self/net/dev": netDev(3000, 500) });
    expect(named(nodeColumns, meter.sample(1000))).toMatchObject({
      cpuCores: 0.5,
      memoryBytes: gibibyte / 2,
      memoryLimitBytes: 4 * gibibyte,
      swapBytes: 4096,
      networkReceiveBytesPerSecond: 2000,
      networkTransmitBytesPerSecond: 500,
    });
  });

  const pressure = (waited: number) =>
    `some avg10=0.00 avg60=0.00 avg300=0.00 total=${waited}\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=7\n`;

  it("tells for which share of the time something waited, by the LXC's own group", () => {
    writeNode("max\n");
    write({ "cg/cpu.pressure": pressure(0), "cg/io.pressure": pressure(500), "proc/pressure/memory": pressure(0) });
    const meter = new NodeMeter(join(root, "proc"));
    meter.sample(0);
    write({ "cg/cpu.pressure": pressure(500_000), "cg/io.pressure": pressure(500) });
    write({ "proc/pressure/memory": pressure(900_000) });
    const row = named(nodeColumns, meter.sample(2000));
    expect(row).toMatchObject({ cpuPressure: 0.25, ioPressure: 0 });
    // What the whole machine waited for is none of the LXC's.
    expect(row.memoryPressure).toBeNull();
    expect(row.loadAverage).toBeNull();
  });

  it("tells a host's by /proc/pressure", () => {
    writeNode("max\n");
    write({ "proc/1/environ": "HOME=/\0", "proc/pressure/memory": pressure(0) });
    const meter = new NodeMeter(join(root, "proc"));
    meter.sample(0);
    write({ "proc/pressure/memory": pressure(100_000) });
    expect(named(nodeColumns, meter.sample(1000))).toMatchObject({
      ...{ memoryPressure: 0.1, cpuPressure: null },
      loadAverage: expect.any(Number),
    });
  });

  it("believes lxcfs about a limit that stands above the LXC's visible groups", () => {
    writeNode("max\n");
    expect(new NodeMeter(join(root, "proc")).memoryLimitBytes()).toBe(16 * gibibyte);
  });

  it("sees a limit that was changed within a minute, whatever happens to the wall clock", () => {
    writeNode(`${4 * gibibyte}\n`);
    let elapsed = 5000;
    const meter = new NodeMeter(join(root, "proc"), () => elapsed);
    // Whoever asks by the wall clock has just seen it set forward by an hour.
    meter.sample(0);
    meter.sample(3_600_000);
    write({ "cg/memory.max": `${8 * gibibyte}\n` });
    elapsed += 59_000;
    expect(meter.memoryLimitBytes()).toBe(4 * gibibyte);
    elapsed += 1000;
    expect(meter.memoryLimitBytes()).toBe(8 * gibibyte);
    expect(named(nodeColumns, meter.sample(3_601_000)).memoryLimitBytes).toBe(8 * gibibyte);
  });
});

function named<Name extends string>(columns: readonly Name[], row: Row | null): Partial<Record<Name, number | null>> {
  const values: Partial<Record<Name, number | null>> = {};
  columns.forEach((column, position) => {
    const value = row?.[position];
    if (value !== undefined) values[column] = value;
  });
  return values;
}
