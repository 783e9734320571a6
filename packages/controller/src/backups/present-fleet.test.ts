import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { catalog } from "@berth/shared/catalog/index";
import type { Fleet } from "@berth/shared/fleet/schema";
import { desiredState } from "../plan/desired.ts";
import { desiredOptions } from "../plan/test-fixtures.ts";
import { readPresentFleet } from "./present-fleet.ts";
import { fleetWithBackups, s3Target } from "./test-fixtures.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "berth-present-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

function read(fleet: Fleet, given: readonly string[] = ["backup/s3AccessKey", "backup/s3SecretKey"]) {
  return readPresentFleet({
    fleet: async () => fleet,
    catalogOf: () => catalog,
    desired: (of) => desiredState(of, desiredOptions),
    secrets: { version: (name) => (given.includes(name) ? 3 : null) },
    registryMirror: null,
    controllerCa: "CA",
    configurationDirectory: directory,
  });
}

test("keys of the store that nobody gave are named, with the command that takes each", async () => {
  await expect(read(fleetWithBackups(), ["backup/s3AccessKey"])).rejects.toMatchObject({
    code: "request.invalid",
    message: expect.stringContaining("backup/s3SecretKey"),
    hint: "`berth secret set backup/s3SecretKey`",
  });
  expect((await read(fleetWithBackups())).secretVersion("backup/s3AccessKey")).toBe(3);
});

test("a directory needs no keys", async () => {
  expect(await read(fleetWithBackups({ directory: "/mnt/nas" }), [])).toMatchObject({ ca: null });
});

test("the store's CA is read from under the configuration directory, and missed by its path", async () => {
  const fleet = fleetWithBackups({ s3: { ...s3Target.s3, caFile: "ca.pem" } });
  await expect(read(fleet)).rejects.toThrow(join(directory, "ca.pem"));
  writeFileSync(join(directory, "ca.pem"), "PEM of the store");
  expect(await read(fleet)).toMatchObject({ ca: "PEM of the store" });
});
