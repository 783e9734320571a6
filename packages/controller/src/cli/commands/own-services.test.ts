/** Own services beside a fleet file, as `fleet check` and `apply` take them. */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { getFleetFile, postPlan } from "@berth/shared/api/fleet";
import { catalog } from "@berth/shared/catalog/index";
import { parseFleet } from "@berth/shared/fleet/parse";
import { beforeEach, expect, test } from "vitest";
import { serveEndpoint } from "../../api/endpoint.ts";
import { FleetInvalid } from "../../apply/fleet-invalid.ts";
import { temporaryDirectory } from "../testing/directory.ts";
import { startTestController } from "../testing/controller.ts";
import { createTestTerminal, runInTest } from "../testing/terminal.ts";

const fleet = `fleet: test
domain: example.org
controller: { address: 10.0.6.1 }
nodes:
  shared: { address: 10.0.6.10 }
services:
  shared:
    wiki: { node: shared }
`;
const wiki = `name: wiki
title: Wiki
description: Pages
scope: shared
image: docker.io/example/wiki
version: "1"
memory: 64MiB
health: { command: ["true"] }
`;

let file: string;
let service: string;
beforeEach(async () => {
  const directory = await temporaryDirectory();
  file = join(directory, "fleet.yaml");
  service = join(directory, "services", "wiki.yaml");
  await mkdir(join(directory, "services"));
  await writeFile(file, fleet);
  await writeFile(service, wiki);
});

test("fleet check counts them", async () => {
  expect(await runInTest(["fleet", "check", file])).toEqual({
    exitCode: 0,
    stdout: `${file} has no mistakes: 1 node, 0 tenants, 1 own service.\n`,
    stderr: "",
  });
});

test("fleet check: without the service's file the fleet has a mistake, as it has on stdin", async () => {
  const { stderr } = await runInTest(["fleet", "check", "-"], createTestTerminal({ input: fleet }));
  expect(stderr).toContain("stdin:8:5: services.shared.wiki: unknown service 'wiki'");
  await rm(service);
  expect((await runInTest(["fleet", "check", file])).exitCode).toBe(2);
});

test("a mistake in a services file is told there, with its line, and nothing is asked of the controller", async () => {
  await writeFile(service, wiki.replace("memory: 64MiB", "memory: 64MB"));
  await using controller = await startTestController(() => undefined);
  for (const words of [
    ["fleet", "check", file],
    ["apply", file, "--plan", "--controller", controller.address],
  ]) {
    expect(await runInTest(words)).toEqual({
      exitCode: 2,
      stdout: "",
      stderr: `${service}:7:9: memory: '64MB' must be a size such as 512MiB or 16GiB
    7 | memory: 64MB
      |         ^
error: ${service} has 1 mistake.
`,
    });
  }
});

test("apply sends one text, and tells what the controller finds where it is written", async () => {
  await writeFile(service, `${wiki}needs:\n  - { kind: service, service: mongo }\n`);
  const sent: string[] = [];
  await using controller = await startTestController((app) =>
    serveEndpoint(app, postPlan, async ({ body }) => {
      sent.push(body.yaml);
      const { problems } = parseFleet(body.yaml, body.file, catalog);
      if (problems.length > 0) throw new FleetInvalid(problems);
      return { operations: [], warnings: [] };
    }),
  );
  const words = ["apply", file, "--plan", "--controller", controller.address];
  const { exitCode, stderr } = await runInTest(words);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(`${service}:10:31: needs.0.service: no service is named 'mongo'`);
  expect(stderr).toContain("   10 |   - { kind: service, service: mongo }\n");
  expect(stderr).toContain(`error: ${service} has 1 mistake.\nhint: Nothing was changed.`);
  await writeFile(service, wiki);
  expect(await runInTest(words)).toMatchObject({ exitCode: 0, stderr: "" });
  expect(sent[1]?.startsWith(`${fleet}catalog:\n  wiki:\n    name: wiki\n`)).toBe(true);
});

test("a file that would not be read is told", async () => {
  await writeFile(service.replace(".yaml", ".yml"), wiki);
  const { exitCode, stderr } = await runInTest(["fleet", "check", file]);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(
    "wiki.yml' would not be read.\nhint: Files of own services end with .yaml: rename it to wiki.yaml.",
  );
});

test("fleet export leaves out what services/ beside the file has, and tells what it has otherwise", async () => {
  const catalogOf = (definition: string): string => `catalog:\n  wiki:\n${definition.replaceAll(/^(?=.)/gm, "    ")}`;
  await using controller = await startTestController((app) =>
    serveEndpoint(app, getFleetFile, async () => ({ yaml: fleet + catalogOf(wiki) })),
  );
  const words = ["fleet", "export", "--output", file, "--controller", controller.address];
  expect(await runInTest(words)).toMatchObject({ exitCode: 0, stderr: `Wrote ${file}.\n` });
  expect(await readFile(file, "utf8")).toBe(fleet);
  await writeFile(service, wiki.replace("title: Wiki", "title: Pages"));
  expect((await runInTest(words)).stderr).toContain("Service 'wiki' is another one in services/wiki.yaml than in ");
  expect(await readFile(file, "utf8")).toBe(fleet + catalogOf(wiki));
});
