import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { afterEach, beforeEach, expect, test } from "vitest";
import { traefikConfiguration } from "./configuration.ts";
import { createRoutesDirectory } from "./directory.ts";
import { fleetWith, routesOf } from "./testing/fleet.ts";

const fleet = fleetWith({ router: { address: "10.0.4.10" } });
const configuration = traefikConfiguration(fleet, routesOf(fleet));
const longAgo = new Date("2020-01-01T00:00:00Z");

let directory: string;
let file: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "berth-routes-"));
  file = join(directory, "berth.yaml");
});
afterEach(() => rm(directory, { recursive: true }));

test("holds the configuration, for everybody to read, and no draft beside it", async () => {
  await createRoutesDirectory().write(directory, configuration);
  expect(parse(await readFile(file, "utf8"))).toEqual(configuration);
  expect((await stat(file)).mode & 0o777).toBe(0o644);
  expect(await readdir(directory)).toEqual(["berth.yaml"]);
});

test("is not written anew when nothing has changed, and is when something has", async () => {
  const routes = createRoutesDirectory();
  await routes.write(directory, configuration);
  await utimes(file, longAgo, longAgo);
  await routes.write(directory, configuration);
  expect((await stat(file)).mtime).toEqual(longAgo);
  await routes.write(directory, {});
  expect((await stat(file)).mtime).not.toEqual(longAgo);
  expect(parse(await readFile(file, "utf8"))).toEqual({});
});

test("what somebody wrote over is put right", async () => {
  await writeFile(file, "http: {}\n");
  await createRoutesDirectory().write(directory, configuration);
  expect(parse(await readFile(file, "utf8"))).toEqual(configuration);
});

test("goes with the setting: to another directory, or altogether", async () => {
  const other = join(directory, "other");
  await mkdir(other);
  const routes = createRoutesDirectory();
  await routes.write(directory, configuration);
  await routes.write(other, configuration);
  expect(await readdir(directory)).toEqual(["other"]);
  expect(await readdir(other)).toEqual(["berth.yaml"]);
  await routes.write(null, configuration);
  expect(await readdir(other)).toEqual([]);
});

test("a directory that is not there is an error with a way out, and leaves nothing", async () => {
  await expect(createRoutesDirectory().write(join(directory, "none"), configuration)).rejects.toMatchObject({
    code: "request.invalid",
    message: expect.stringContaining(`cannot be written to ${directory}/none: it is not there`),
    hint: expect.stringContaining("ReadWritePaths="),
  });
  expect(await readdir(directory)).toEqual([]);
});

test("writes one after the other: the last one stays", async () => {
  const routes = createRoutesDirectory();
  await Promise.all([routes.write(directory, {}), routes.write(directory, configuration)]);
  expect(parse(await readFile(file, "utf8"))).toEqual(configuration);
  expect(await readdir(directory)).toEqual(["berth.yaml"]);
});
