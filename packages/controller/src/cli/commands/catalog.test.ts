import { getFleetFile } from "@berth/shared/api/fleet";
import { catalog } from "@berth/shared/catalog/index";
import { BerthError } from "@berth/shared/errors";
import { describe, expect, test } from "vitest";
import { serveEndpoint } from "../../api/endpoint.ts";
import { startTestController, type TestController } from "../testing/controller.ts";
import { createTestTerminal, runInTest } from "../testing/terminal.ts";

const offline = ["--controller", "unix:/nonexistent"];
const wiki = `{ name: wiki, title: Wiki, description: Pages for everybody, scope: tenant, image: docker.io/example/wiki,
    version: "1", memory: 64MiB, ports: [{ name: http, container: 80, host: 3100 }], route: { port: http },
    secrets: { key: { length: 40 }, token: { token: { signedWith: key, claims: { role: wiki } } } },
    files: [{ path: /etc/wiki, content: "a\\nb\\n" }], env: { KEY: "\${secret.key}", LONG: "a\\nb" },
    uses: [{ service: redis, env: { CACHE: "\${service.redis.address}" } }, { service: ollama }],
    health: { command: [wiki, check] }, backup: { method: volumes, stop: true },
    parts: [{ name: search, image: docker.io/example/search, version: "2", memory: 32MiB, env: { KEY: "\${secret.key}", A: b },
      health: { http: { port: 7700, path: /health }, failures: 1 } }] }`;
const fleet = `fleet: test
domain: example.org
routes: { pattern: "test-{tenant}-{service}" }
controller: { address: 10.0.6.1 }
nodes: { shared: { address: 10.0.6.10 } }
services: { shared: { redis: { node: shared } } }
catalog:
  wiki: ${wiki}
`;

/** Lines of a terminal of 100 columns end before its edge. */
function expectFits(stdout: string): void {
  const lines = stdout.split("\n").filter((line) => !line.includes("="));
  for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(100);
}

function withFleet(): Promise<TestController> {
  return startTestController((app) => serveEndpoint(app, getFleetFile, async () => ({ yaml: fleet })));
}

describe("without a controller", () => {
  test("list shows Berth's services", async () => {
    const { exitCode, stdout, stderr } = await runInTest(["catalog", "list", ...offline]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toMatch(/^SERVICE +SCOPE +VERSION +PORTS +MEMORY +NEEDS\n/);
    expect(stdout).toMatch(/\nn8n +tenant +\S+ +5678 +1\.25GiB +postgres\n/);
    expect(stdout).toMatch(/\nminio +shared +RELEASE\.\S+… +9000,9011 /);
    expectFits(stdout);
  });

  test("list has titles and whole versions where there is room", async () => {
    const terminal = createTestTerminal();
    terminal.stdout.columns = 160;
    const { stdout } = await runInTest(["catalog", "list", ...offline], terminal);
    expect(stdout).toMatch(/^SERVICE +TITLE +SCOPE /);
    expect(stdout).not.toContain("…");
  });

  test.each([
    ["n8m", "hint: Did you mean 'n8n'? `berth catalog list` shows all."],
    ["nosuch", "hint: `berth catalog list` shows all."],
  ])("show %s, which there is not, suggests what is near, if anything is", async (name, hint) => {
    const { exitCode, stderr } = await runInTest(["catalog", "show", name, ...offline]);
    expect(exitCode).toBe(3);
    expect(stderr.trim().split("\n")).toEqual([expect.stringContaining(`The catalog has no service '${name}'.`), hint]);
  });

  test.each([...catalog.keys()])("show %s fits the terminal and holds nothing undefined", async (name) => {
    const { exitCode, stdout } = await runInTest(["catalog", "show", name, ...offline]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`:${catalog.get(name)?.version}\n`);
    expect(stdout).not.toMatch(/undefined|NaN|\[object/);
    expectFits(stdout);
  });

  test("show tells what a person wants to know", async () => {
    const { stdout } = await runInTest(["catalog", "show", "n8n", ...offline]);
    expect(stdout).toContain("\nneeds    a database in postgres\n");
    expect(stdout).toContain("\n  Ollama  when the fleet has it\n");
    expect(stdout).toContain("\n  encryptionKey  32 letters and digits\n");
    expect(stdout).toContain("\n  N8N_ENCRYPTION_KEY=${secret.encryptionKey}\n");
  });

  test("--json is the definition", async () => {
    const { stdout } = await runInTest(["catalog", "show", "n8n", "--json", ...offline]);
    expect(JSON.parse(stdout)).toEqual({ ...structuredClone(catalog.get("n8n")), own: false });
    const list: unknown = JSON.parse((await runInTest(["catalog", "list", "--json", ...offline])).stdout);
    expect(list).toMatchObject({ services: [...catalog.keys()].map((name) => ({ name, own: false })) });
  });
});

describe("with an applied fleet", () => {
  test("its own services are listed and marked", async () => {
    await using controller = await withFleet();
    const { stdout } = await runInTest(["catalog", "list", "--controller", controller.address]);
    expect(stdout).toMatch(/\nwiki \* +tenant +1 +3100 +96MiB +-\n\n\* own service of fleet test\n$/);
  });

  test("show tells what the fleet makes of it", async () => {
    await using controller = await withFleet();
    const { stdout } = await runInTest(["catalog", "show", "wiki", "--controller", controller.address]);
    expect(stdout).toBe(`Wiki: Pages for everybody

scope    tenant: an instance for each tenant
defined  by fleet test, as an own service
memory   96MiB at most, in 2 containers
needs    nothing
route    test-{tenant}-wiki.example.org, leads to port 3100
backup   its volumes, stopped meanwhile
upgrade  to any version, and back
starts   search, then wiki

container wiki (main)
  image   docker.io/example/wiki:1
  memory  64MiB
  ports   3100 -> 80 (http)
  files   /etc/wiki (2 lines)
  health  wiki check
          every 1 s; has 2 min to start; unhealthy after 3 failures in a row

container search
  image   docker.io/example/search:2
  memory  32MiB
  health  GET :7700/health
          every 1 s; has 2 min to start; unhealthy at the first failure

connected to
  Redis   this fleet has it
  Ollama  not in this fleet

secrets
  key    40 letters and digits
  token  JSON Web Token, signed with key; role: "wiki"

environment
  KEY=\${secret.key}
  LONG=a … (2 lines)

environment of search
  A=b
  1 variable as in the environment above

environment with Redis
  CACHE=\${service.redis.address}
`);
  });

  test("Tab offers them, too", async () => {
    await using controller = await withFleet();
    const terminal = createTestTerminal({ environment: { BERTH_CONTROLLER: controller.address } });
    const { stdout } = await runInTest(["__complete", "catalog", "show", "w"], terminal);
    expect(stdout).toBe("wiki\tWiki\n");
  });

  test("who may not read the fleet file sees Berth's services, and why no others", async () => {
    await using controller = await startTestController((app) =>
      serveEndpoint(app, getFleetFile, () => {
        throw new BerthError("forbidden", "This needs the role 'admin'");
      }),
    );
    const { exitCode, stderr } = await runInTest(["catalog", "list", "--controller", controller.address]);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 0,
      stderr: "The applied fleet's own services are left out: This needs the role 'admin'\n",
    });
  });
});
