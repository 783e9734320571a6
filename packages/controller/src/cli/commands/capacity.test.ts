import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { getCapacity, postCapacity, type Capacity } from "@berth/shared/api/capacity";
import { catalog } from "@berth/shared/catalog/index";
import { capacityReport } from "@berth/shared/fleet/capacity-report";
import { parseFleet } from "@berth/shared/fleet/parse";
import { beforeAll, expect, test } from "vitest";
import { serveEndpoint } from "../../api/endpoint.ts";
import { temporaryDirectory } from "../testing/directory.ts";
import { startTestController } from "../testing/controller.ts";
import { runInTest } from "../testing/terminal.ts";

const gibibyte = 1024 ** 3;
const fleet = `fleet: test
domain: example.org
controller: { address: 10.0.6.1 }
proxmox:
  pve: { host: 10.0.6.1, node: pve, tokenId: "a@pve!b", tokenSecretFile: token, osTemplate: "local:vztmpl/x" }
templates:
  shared: { cores: 8, memory: 16GiB, disk: 100GiB }
  tenant: { cores: 2, memory: 4GiB, disk: 20GiB }
nodes:
  shared: { address: 10.0.6.10, proxmox: pve, template: shared }
  user1: { address: 10.0.6.11, proxmox: pve, template: tenant }
  metal: { address: 10.0.6.12 }
tenants:
  user1: { node: user1, suspended: true }
services:
  shared:
    redis: { node: shared, memory: 16GiB, cpus: 2 }
  tenant:
    openwebui: { memory: 1GiB }
`;

let file: string;
beforeAll(async () => {
  file = join(await temporaryDirectory(), "fleet.yaml");
  await writeFile(file, fleet);
});

function report(): Capacity {
  const parsed = parseFleet(fleet, "fleet.yaml", catalog);
  if (parsed.fleet === null) throw new Error(parsed.problems[0]?.message);
  const storage = { totalBytes: 500 * gibibyte, freeBytes: 200 * gibibyte };
  const host = { memoryBytes: 64 * gibibyte, guests: [{ node: null, memoryBytes: 8 * gibibyte }], storage };
  const factsOf = (name: string) => (name === "metal" ? { memoryBytes: 8 * gibibyte, cores: 4 } : null);
  return capacityReport(parsed.fleet, catalog, { factsOf, hosts: new Map([["pve", host]]) });
}

test("of the applied fleet: nodes, hosts, the comparison, and a warning", async () => {
  await using controller = await startTestController((app) => serveEndpoint(app, getCapacity, async () => report()));
  const words = ["capacity", "--controller", controller.address];
  const { exitCode, stdout, stderr } = await runInTest(words);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toContain(`NODE    TEMPLATE  MEMORY  LIMITS  SYSTEM  SUSPENDED  HEAD-ROOM  CORES  CPUS
shared  shared     16GiB   16GiB  256MiB          0    -256MiB      8     2
user1   tenant      4GiB       0  256MiB       1GiB    2.75GiB      2     0
metal   -           8GiB       0  256MiB          0    7.75GiB      4     0
`);
  expect(stdout).toContain(
    "warning: node 'shared' is overcommitted by 256MiB: 'shared-redis' may use 16GiB of memory,",
  );
  expect(stdout).toContain(`PROXMOX  MEMORY  FLEET  OTHERS  SYSTEM  DISK FREE  TO MAKE  MORE TENANTS
pve       64GiB  20GiB    8GiB    2GiB     200GiB   120GiB      4 (disk)
`);
  expect(stdout).toContain(`monolithic   1 tenant x 16GiB                16GiB
distributed  16GiB shared + 4GiB of tenants  20GiB
more         25 %                             4GiB
`);
  for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
  expect(JSON.parse((await runInTest([...words, "--json"])).stdout)).toEqual(report());
});

test("of a file: the controller is given the text, with the services beside it", async () => {
  const sent: string[] = [];
  await using controller = await startTestController((app) =>
    serveEndpoint(app, postCapacity, async ({ body }) => {
      sent.push(body.yaml);
      return report();
    }),
  );
  const { stdout } = await runInTest(["capacity", file, "--controller", controller.address]);
  expect(sent).toEqual([fleet]);
  expect(stdout).toContain("4 (disk)");
});

test("of a file without a controller: what the file says, and why the host was not asked", async () => {
  const { exitCode, stdout } = await runInTest(["capacity", file, "--controller", "unix:/nonexistent"]);
  expect(exitCode).toBe(0);
  expect(stdout).toContain("metal   -              ?       0  256MiB          0          ?      ?     0\n");
  expect(stdout).toContain("?: known once the node's agent has connected.\n");
  expect(stdout.replaceAll("\n", " ")).toContain(
    "How many more tenants fit on the host of 'pve' is not known: only a controller asks it. No controller answers.",
  );
  expect(stdout).not.toContain("MORE TENANTS");
});

test("of a file with a mistake: told before anybody is asked", async () => {
  const wrong = file.replace("fleet.yaml", "wrong.yaml");
  await writeFile(wrong, fleet.replace("cores: 8", "cores: many"));
  const { exitCode, stderr } = await runInTest(["capacity", wrong]);
  expect(exitCode).toBe(2);
  expect(stderr).toContain("wrong.yaml:7:20: templates.shared.cores: 'many' must be a number");
});

test("without an applied fleet and without a file there is nothing to tell", async () => {
  expect((await runInTest(["capacity", "--controller", "unix:/nonexistent"])).exitCode).toBe(7);
});
