import { describe, expect, it } from "vitest";
import * as z from "zod";
import { ApiFailure } from "./failures.ts";
import { decimal, enumeration, flag, formatted, integer, text, verifyParameters, vmidParameter } from "./parameters.ts";

const schema = z.strictObject({
  vmid: vmidParameter,
  cores: integer(1, 8192).optional(),
  limit: decimal(0, 16).optional(),
  onboot: flag().optional(),
  arch: enumeration(["amd64", "arm64"]).optional(),
  hostname: formatted(/^[a-z]+$/, "value does not look like a valid DNS name", 8).optional(),
  keys: text().optional(),
});

function errorsOf(raw: Record<string, unknown>): Record<string, string> | undefined {
  try {
    verifyParameters(schema, raw);
  } catch (error) {
    if (error instanceof ApiFailure) return error.errors;
    throw error;
  }
  return undefined;
}

describe("verified parameters", () => {
  it("come from form values and from JSON alike", () => {
    const expected = { vmid: 110, cores: 2, limit: 1.5, onboot: true, arch: "amd64", hostname: "ct" };
    const form = { vmid: "110", cores: "2", limit: "1.5", onboot: "1", arch: "amd64", hostname: "ct" };
    expect(verifyParameters(schema, form)).toEqual(expected);
    expect(verifyParameters(schema, { ...expected, onboot: true })).toEqual(expected);
  });

  it("join a repeated key as Proxmox VE does", () => {
    expect(verifyParameters(schema, { vmid: 110, keys: ["a", "b"] }).keys).toBe("a\0b");
  });

  it("are complained about one by one, in Proxmox VE's words", () => {
    expect(
      errorsOf({ cores: "x", limit: "17", onboot: "perhaps", arch: "mips", hostname: "_", colour: "red" }),
    ).toEqual({
      vmid: "property is missing and it is not optional",
      cores: "type check ('integer') failed - got 'x'",
      limit: "value must have a maximum value of 16",
      onboot: "type check ('boolean') failed - got 'perhaps'",
      arch: "value 'mips' does not have a value in the enumeration 'amd64, arm64'",
      hostname: "invalid format - value does not look like a valid DNS name",
      colour: "property is not defined in schema and the schema does not allow additional properties",
    });
  });

  it("have limits", () => {
    expect(errorsOf({ vmid: "99" })).toEqual({ vmid: "value must have a minimum value of 100" });
    expect(errorsOf({ vmid: "110", hostname: "abcdefghi" })).toEqual({
      hostname: "value may only be 8 characters long",
    });
  });
});
