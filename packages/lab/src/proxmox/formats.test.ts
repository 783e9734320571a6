import { describe, expect, it } from "vitest";
import { ApiFailure } from "./failures.ts";
import {
  parseFeatures,
  parseNetwork,
  parseNewRootfs,
  parsePropertyString,
  parseSize,
  printPropertyString,
  printSize,
} from "./formats.ts";

function errorsOf(action: () => unknown): Record<string, string> | undefined {
  try {
    action();
  } catch (error) {
    if (error instanceof ApiFailure) return error.errors;
  }
  return undefined;
}

describe("property strings", () => {
  it("are read, one key standing without its name", () => {
    const properties = parsePropertyString("local-lvm:vm-110-disk-0,size=20G", "volume");
    expect([...properties]).toEqual([
      ["volume", "local-lvm:vm-110-disk-0"],
      ["size", "20G"],
    ]);
  });

  it("are printed in the order of their keys", () => {
    expect(printPropertyString(parsePropertyString("name=eth0,bridge=vmbr0"))).toBe("bridge=vmbr0,name=eth0");
    expect(printPropertyString(parsePropertyString("size=20G,volume=x"), "volume")).toBe("x,size=20G");
  });
});

describe("net0", () => {
  it("keeps a hardware address and draws one when it is missing", () => {
    expect(parseNetwork("name=eth0,hwaddr=BC:24:11:00:00:01").get("hwaddr")).toBe("BC:24:11:00:00:01");
    expect(parseNetwork("name=eth0").get("hwaddr")).toMatch(/^BC:24:11(:[0-9A-F]{2}){3}$/);
  });

  it.each([
    ["bridge=vmbr0", "net0.name: property is missing"],
    ["name=eth0,ip=10.0.6.300/24", "net0.ip: invalid format"],
    ["name=eth0,ip=10.0.6.10", "net0.ip: invalid format"],
    ["name=eth0,colour=red", "net0.colour: property is not defined in schema"],
  ])("refuses %s", (value, complaint) => {
    expect(errorsOf(() => parseNetwork(value))?.["net0"]).toContain(complaint);
  });
});

describe("features", () => {
  it("are known by name", () => {
    expect([...parseFeatures("nesting=1,keyctl=1").keys()]).toEqual(["nesting", "keyctl"]);
    expect(errorsOf(() => parseFeatures("docker=1"))?.["features"]).toContain("features.docker");
  });
});

describe("rootfs", () => {
  it("names storage and GiB", () => {
    expect(parseNewRootfs("local-lvm:20", "local")).toEqual({ storage: "local-lvm", bytes: 20 * 1024 ** 3 });
    expect(parseNewRootfs("0.5", "local")).toEqual({ storage: "local", bytes: 512 * 1024 ** 2 });
    expect(errorsOf(() => parseNewRootfs("local-lvm:vm-1-disk-0", "local"))).toHaveProperty("rootfs");
  });
});

describe("sizes", () => {
  it("are the same after printing and reading", () => {
    for (const text of ["20G", "512M", "1T", "3K", "7"]) expect(printSize(parseSize(text) ?? 0)).toBe(text);
  });

  it("that are none are undefined", () => {
    expect(parseSize("many")).toBeUndefined();
  });
});
