import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { getFleetFile, getInventory } from "@berth/shared/api/fleet";
import { beforeAll, expect, test } from "vitest";
import { serveEndpoint } from "../../api/endpoint.ts";
import { temporaryDirectory } from "../testing/directory.ts";
import { startTestController } from "../testing/controller.ts";
import { createTestTerminal, runInTest } from "../testing/terminal.ts";

const fleet = `fleet: test
domain: example.org
controller: { address: 10.0.6.1 }
nodes:
  user1: { address: 10.0.6.11 }
`;
let directory: string;
beforeAll(async () => {
  directory = await temporaryDirectory();
});

test("fleet check: a good file, also from stdin", async () => {
  const file = join(directory, "good.yaml");
  await writeFile(file, fleet);
  expect(await runInTest(["fleet", "check", file])).toEqual({
    exitCode: 0,
    stdout: `${file} has no mistakes: 1 node, 0 tenants.\n`,
    stderr: "",
  });
  const piped = await runInTest(["fleet", "check", "-", "--json"], createTestTerminal({ input: fleet }));
  expect(JSON.parse(piped.stdout)).toEqual({ file: "stdin", problems: [] });
});

test("fleet check: each mistake with its line, exit code 2", async () => {
  const file = join(directory, "bad.yaml");
  await writeFile(file, fleet.replace("{ address: 10.0.6.11 }", "{ adress: 10.0.6.11 }"));
  const { exitCode, stdout, stderr } = await runInTest(["fleet", "check", file]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toContain(`${file}:5:12: nodes.user1.adress: unknown key 'adress'; did you mean 'address'?
    5 |   user1: { adress: 10.0.6.11 }
      |            ^
`);
  expect(stderr).toMatch(/error: .+bad\.yaml has 1 mistake\.\n$/);
  const data = await runInTest(["fleet", "check", file, "--json"]);
  expect(JSON.parse(data.stdout)).toMatchObject({
    file,
    problems: [{ line: 5, column: 12, path: "nodes.user1.adress" }],
  });
});

test.each([
  ["binary", Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0x1b, 0x5b, 0x32, 0x4a, 0xff]), "is not text in UTF-8."],
  ["UTF-16", Buffer.from(`\ufeff${fleet}`, "utf16le"), "is text in UTF-16; save it in UTF-8."],
])("fleet check: a file in %s is refused in one sentence", async (kind, bytes, sentence) => {
  const file = join(directory, `${kind}.yaml`);
  await writeFile(file, bytes);
  const refused = { exitCode: 2, stdout: "", stderr: `error: '${file}' ${sentence}\n` };
  expect(await runInTest(["fleet", "check", file])).toEqual(refused);
});

test("fleet check: a byte order mark is no part of the text, and control characters are refused by name", async () => {
  const file = join(directory, "marked.yaml");
  await writeFile(file, `\ufeff${fleet}`);
  expect((await runInTest(["fleet", "check", file])).exitCode).toBe(0);
  await writeFile(file, "fleet: \u001b[2Jtest\n");
  expect((await runInTest(["fleet", "check", file])).stderr)
    .toBe(`${file}:1:8: holds the control character U+001B; the file must be text in UTF-8
    1 | fleet: test
      |        ^
error: ${file} has 1 mistake.
`);
});

test("fleet schema is a JSON Schema of what is written, not of what is read", async () => {
  const schema: unknown = JSON.parse((await runInTest(["fleet", "schema"])).stdout);
  expect(schema).toMatchObject({
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    required: ["fleet", "domain", "controller", "nodes"],
    properties: { fleet: { type: "string" } },
  });
});

test("fleet schema --service is that of an own service", async () => {
  const schema: unknown = JSON.parse((await runInTest(["fleet", "schema", "--service"])).stdout);
  expect(schema).toMatchObject({
    type: "object",
    properties: { image: { type: "string" }, memory: { type: "string" } },
  });
});

test("fleet export prints the file, or writes it", async () => {
  await using controller = await startTestController((app) =>
    serveEndpoint(app, getFleetFile, async () => ({ yaml: fleet })),
  );
  const words = ["fleet", "export", "--controller", controller.address];
  expect(await runInTest(words)).toEqual({ exitCode: 0, stdout: fleet, stderr: "" });
  const output = join(directory, "exported.yaml");
  expect(await runInTest([...words, "--output", output])).toEqual({
    exitCode: 0,
    stdout: "",
    stderr: `Wrote ${output}.\n`,
  });
  expect(await readFile(output, "utf8")).toBe(fleet);
});

test("inventory is JSON in either format", async () => {
  await using controller = await startTestController((app) =>
    serveEndpoint(app, getInventory, async ({ query }) => ({ format: query.format })),
  );
  const inventory = async (...words: string[]): Promise<unknown> =>
    JSON.parse((await runInTest(["inventory", "--controller", controller.address, ...words])).stdout);
  expect(await inventory()).toEqual({ format: "berth" });
  expect(await inventory("--format", "ansible", "--json")).toEqual({ format: "ansible" });
});
