import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { catalog } from "@berth/shared/catalog/index";
import { BerthError } from "@berth/shared/errors";
import { setInFleet } from "@berth/shared/fleet/edit";
import type { HostResources } from "@berth/shared/fleet/host-capacity";
import { placements } from "@berth/shared/fleet/instances";
import type { Observation } from "@berth/shared/protocol/state";
import { Secret } from "@berth/shared/secret";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Inventory } from "../inventory/database.ts";
import { listInstances } from "../inventory/instances.ts";
import { openInventory } from "../inventory/open.ts";
import { listSpecifications } from "../inventory/specifications.ts";
import type { ImageAnswer } from "../registry/image-lookup.ts";
import { createRun } from "../runs/store.ts";
import { openSecrets, type Secrets } from "../secrets/open.ts";
import { createFleetControl, type FleetControl } from "./apply.ts";
import { createFleetSecrets } from "./fleet-secrets.ts";
import { createFleetStore, type FleetStore } from "./fleet-store.ts";

let directory: string;
let inventory: Inventory;
let store: FleetStore;
let control: FleetControl;
let runUnderWay: number | null;
let startRun: () => Promise<null>;
let secrets: Secrets;
let example: string;
let answerOf: (image: string) => ImageAnswer;
/** Of nodes that are connected. */
let observations: Map<string, Observation>;
let host: HostResources;

/** Nothing exists and no run is carried out: what is tested is what is planned, written and refused. */
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "berth-apply-"));
  inventory = await openInventory({ file: join(directory, "inventory.sqlite") });
  example = await readFile(new URL("../../../../examples/valuechain/fleet.yaml", import.meta.url), "utf8");
  secrets = await openSecrets({ inventory, key: Buffer.alloc(32, 1) });
  runUnderWay = null;
  answerOf = () => present;
  [host, observations] = [roomyHost, new Map()];
  startRun = () => Promise.resolve(null);
  store = createFleetStore(inventory.database, catalog);
  control = createFleetControl({
    inventory,
    catalog,
    store,
    settings: { registryMirror: null, agentVersion: "0.1.0", controllerCa: "CA" },
    secrets: createFleetSecrets(secrets),
    sources: () => ({
      lxcs: () => Promise.resolve(new Map()),
      node: (node) => Promise.resolve(observations.get(node) ?? null),
      needs: () => Promise.resolve(new Map()),
      specifications: () => listSpecifications(inventory.database),
    }),
    seenAddress: () => null,
    lookUpImages: (images) => Promise.resolve(new Map(images.map((image) => [image, answerOf(image)]))),
    newUpgradeId: (service) => `${service}-1`,
    hostResources: () => Promise.resolve(host),
    runUnderWay: () => runUnderWay,
    startRun: () => startRun(),
    onChange: () => undefined,
  });
});

afterEach(async () => {
  await inventory.close();
  await rm(directory, { recursive: true });
});

const present = { kind: "present", digest: `sha256:${"a".repeat(64)}` } as const;
const gibibyte = 1024 ** 3;
const roomyHost: HostResources = {
  memoryBytes: 64 * gibibyte,
  cores: 16,
  guests: [],
  storage: { totalBytes: 1000 * gibibyte, freeBytes: 600 * gibibyte },
};

const file = (yaml: string) => ({ yaml, file: "fleet.yaml", prune: false });

test("a file for another fleet is refused, also for a plan, and nothing of it is kept", async () => {
  await control.apply(file(example), "admin");
  const other = file(example.replace("fleet: valuechain", "fleet: other"));
  for (const attempt of [control.plan(other), control.apply(other, "admin")]) {
    await expect(attempt).rejects.toMatchObject({
      code: "conflict",
      message: "fleet.yaml is for the fleet 'other', and this controller runs 'valuechain'",
    });
  }
  expect((await control.plan(file(example))).warnings).toEqual([]);
});

test("a new address of the controller is told to change nothing for agents that are there", async () => {
  await control.apply(file(example), "admin");
  const { warnings } = await control.plan(file(example.replace("address: 10.0.6.1\n", "address: 10.0.6.99\n")));
  expect(warnings).toEqual([
    "controller.address is for nodes that join from now on; agents that are there go on to connect to 10.0.6.1:8421",
  ]);
});

test("a plan beside a run says so", async () => {
  runUnderWay = 7;
  expect((await control.plan(file(example))).warnings).toEqual([
    "run 7 is under way: what it has not done yet is in this plan, too",
  ]);
});

test("what instances are made of is on record, of each the newest and what was last seen", async () => {
  const recorded = async () => [...(await listSpecifications(inventory.database)).values()];
  await control.apply(file(example), "admin");
  const all = placements(await store.require(), catalog).map(({ instance }) => instance);
  expect((await recorded()).map(({ instance }) => instance).toSorted()).toEqual(all.toSorted());
  const [first] = (await recorded()).filter(({ instance }) => instance === "user1-n8n");
  await inventory.database
    .updateTable("instances")
    .set({ observedHash: first?.hash ?? "" })
    .where("name", "=", "user1-n8n")
    .execute();
  for (const version of ["2.40.0", "2.40.1"]) {
    await control.apply(file(example.replace(/^    n8n:.*$/m, `    n8n: { version: ${version} }`)), "admin");
  }
  const versions = (await recorded()).filter(({ instance }) => instance === "user1-n8n").map(({ version }) => version);
  expect(versions.toSorted()).toEqual(["2.40.1", first?.version]);
  expect((await listInstances(inventory.database)).map(({ name }) => name)).toEqual(all.toSorted());
});

describe("an edit", () => {
  const editing = { account: "anna", kind: "tenant.add", only: () => true };
  const suspend = (tenant: string) =>
    control.edit(({ yaml }) => ({ text: setInFleet(yaml, ["tenants", tenant, "suspended"], true) }), editing);

  test("finds what the one before it has written", async () => {
    await control.apply(file(example), "admin");
    await Promise.all([suspend("user1"), suspend("user2"), suspend("user3")]);
    const { tenants } = await store.require();
    expect(Object.values(tenants).map(({ suspended }) => suspended)).toEqual([true, true, true]);
  });

  test("that is refused leaves neither text nor secret behind", async () => {
    await control.apply(file(example), "admin");
    const given = new Map([["user4/openrouterKey", new Secret("sk-or-12345")]]);
    const text = (name: string) => setInFleet(example, ["tenants", name], { node: "nowhere" });
    await expect(control.edit(() => ({ text: text("user4") }), { ...editing, given })).rejects.toThrow("1 mistake");
    startRun = () => Promise.reject(new BerthError("conflict", "Run 7 is still under way"));
    await expect(control.edit(({ yaml }) => ({ text: yaml }), { ...editing, given })).rejects.toThrow("Run 7");
    expect(secrets.version("user4/openrouterKey")).toBeNull();
    expect((await store.current())?.yaml).toBe(example);
  });

  test("beside a run signs no token for a fleet that does not come to be", async () => {
    await control.apply(file(example), "admin");
    const plan = { operations: [], warnings: [] };
    const { id } = await createRun(inventory, { plan, kind: "apply", account: "anna" });
    const more = setInFleet(example, ["tenants", "user4"], { node: "user4" });
    const text = setInFleet(more, ["nodes", "user4"], { address: "10.0.6.14", proxmox: "pve", template: "tenant" });
    const before = secrets.versions();
    await expect(control.edit(() => ({ text }), editing)).rejects.toThrow(`Run ${id} `);
    expect(secrets.versions()).toEqual(before);
  });

  test("that is tried only stores nothing; one that is carried out, what is given with it", async () => {
    await control.apply(file(example), "admin");
    const given = new Map([["user1/openrouterKey", new Secret("sk-or-12345")]]);
    await control.edit(({ yaml }) => ({ text: yaml }), { ...editing, given, dryRun: true });
    expect(secrets.version("user1/openrouterKey")).toBeNull();
    await control.edit(({ yaml }) => ({ text: yaml }), { ...editing, given });
    expect(secrets.reveal("user1/openrouterKey").reveal()).toBe("sk-or-12345");
  });
});

test("pruning tells what a tenant leaves, and a file without it how it is removed", async () => {
  await control.apply(file(example), "admin");
  const without = example.replace("  user3: { node: user3 }\n", "");
  const { warnings } = await control.plan({ ...file(without), prune: true });
  expect(warnings).toContainEqual(
    expect.stringMatching(
      /^tenant 'user3' goes with its instances alone and leaves its node, volumes, secrets, databases user3_n8n user3_flowise, collections user3_openwebui_documents .*, buckets user3-backups user3-uploads; `berth tenant add user3` finds all of it again, `berth tenant remove user3` removes it$/,
    ),
  );
  expect((await control.plan(file(without))).warnings).toContain(
    "tenants.user3 is not in fleet.yaml and stays as it is; `berth tenant remove user3` removes it",
  );
});

test("a tenant that a command suspended stays so when the file is applied again", async () => {
  await control.apply(file(setInFleet(example, ["tenants", "user2", "suspended"], true)), "admin");
  expect((await control.plan(file(example))).warnings).toContain(
    "tenants.user2.suspended is not in fleet.yaml and stays as it is; `berth tenant resume user2` ends it",
  );
  await control.apply(file(example), "admin");
  expect((await store.require()).tenants["user2"]?.suspended).toBe(true);
});

describe("images that a plan pulls", () => {
  const missing =
    (part: string, nearest: string[] = []) =>
    (image: string): ImageAnswer =>
      image.includes(part) ? { kind: "missing", reason: "the registry has no such tag", nearest } : present;
  const withN8n = (settings: string) => example.replace(/^    n8n:.*$/m, `    n8n: { ${settings} }`);
  const lineOf = (text: string, needle: string) => text.slice(0, text.indexOf(needle)).split("\n").length;

  test("are those that registries have now, for nodes whose agents know images by digest", async () => {
    const container = { id: "1", image: "x:1", imageId: "sha256:1", state: "running", startedAt: null, restarts: 0 };
    const own = { instance: "user1-own", service: "own", tenant: null, version: "1", hash: "h", drift: [] };
    const seen = (digests?: string[]): Observation => ({
      ...{ images: [], docker: "running" },
      instances: [
        { ...own, state: "healthy", containers: [{ ...container, name: "own", ...(digests ? { digests } : {}) }] },
      ],
    });
    observations = new Map([
      ["user1", seen([])],
      ["user2", seen()],
    ]);
    const { operations } = await control.plan(file(example));
    const digestOf = (node: string) =>
      operations.flatMap(({ kind, input }) =>
        kind === "image.ensure" && input.node === node && input.image.includes("n8n") ? [input.digest] : [],
      );
    expect([digestOf("user1"), digestOf("user2")]).toEqual([[present.digest], [undefined]]);
  });

  test("and that do not exist are a mistake where their version is set, for a plan and an apply, and nothing is kept", async () => {
    answerOf = missing(":9.9.9", ["2.41.3", "2.40.7"]);
    const text = withN8n("version: 9.9.9");
    for (const attempt of [control.plan(file(text)), control.apply(file(text), "admin")]) {
      await expect(attempt).rejects.toMatchObject({
        code: "fleet.invalid",
        hint: expect.stringContaining("Nothing was changed"),
        problems: [
          {
            file: "fleet.yaml",
            line: lineOf(text, "    n8n: {"),
            path: "services.tenant.n8n.version",
            message:
              "the image docker.io/n8nio/n8n:9.9.9 of user1-n8n, user2-n8n, user3-n8n does not exist: the registry has no such tag; it has '2.41.3', '2.40.7'",
          },
        ],
      });
    }
    expect(await store.current()).toBeNull();
    expect(secrets.versions().size).toBe(0);
  });

  test("and that Berth chose itself say so at the service", async () => {
    answerOf = missing("/n8n:");
    await expect(control.plan(file(example))).rejects.toMatchObject({
      problems: [
        {
          path: "services.tenant.n8n",
          message: expect.stringMatching(/Berth's own choice, and 'version' sets another$/),
        },
      ],
    });
  });

  test("and that a part of an own service has are a mistake in the catalog", async () => {
    const own = `catalog:
  wiki:
    name: wiki
    title: Wiki
    description: ""
    scope: shared
    image: docker.io/example/wiki
    version: "1"
    memory: 64MiB
    health: { command: [ok] }
    parts: [{ name: index, image: docker.io/example/index, version: "2", memory: 64MiB, health: { command: [ok] } }]
`;
    const text = `${example.replace("  shared:\n", "  shared:\n    wiki: { node: shared }\n")}\n${own}`;
    answerOf = missing("example/");
    await expect(control.plan(file(text))).rejects.toMatchObject({
      problems: [
        { path: "catalog.wiki.version", message: expect.stringContaining("docker.io/example/wiki:1 of shared-wiki ") },
        {
          path: "catalog.wiki.parts.0.version",
          line: lineOf(text, "    parts: ["),
          message: expect.stringContaining("docker.io/example/index:2 of shared-wiki "),
        },
      ],
    });
  });

  test("are warned of when the registry does not say, once for all of them", async () => {
    answerOf = () => ({ kind: "unknown", reason: "The registry docker.io cannot be asked" });
    const { warnings } = await control.plan(file(example));
    expect(warnings).toEqual([
      expect.stringMatching(
        /^whether docker\.io\/\S+ and \d+ more can be pulled is not known: The registry docker\.io/,
      ),
    ]);
    await control.apply(file(example), "admin");
    expect((await store.current())?.yaml).toBe(example);
  });

  test("are looked at for the part of a plan that an edit carries out, and for no other", async () => {
    await control.apply(file(example), "admin");
    answerOf = missing("/n8n:");
    const edit = ({ yaml }: { yaml: string }) => ({ text: yaml });
    const only = (kind: string) => ({
      account: "anna",
      kind: "tenant.add",
      only: (o: { kind: string }) => o.kind === kind,
    });
    await control.edit(edit, { ...only("firewall.ensure"), dryRun: true });
    await expect(control.edit(edit, { ...only("instance.ensure"), dryRun: true })).rejects.toThrow("1 mistake");
  });
});

test("a host that is too small for the LXCs that are made is told, once, and not without them", async () => {
  host = { ...roomyHost, memoryBytes: 16 * gibibyte };
  const { warnings } = await control.plan(file(example));
  expect(warnings).toEqual([
    expect.stringMatching(/^the host of Proxmox 'pve' is too small for its LXCs: 14GiB of memory/),
  ]);
  await control.apply(file(example), "admin");
  const nothing = await control.edit(({ yaml }) => ({ text: yaml }), {
    ...{ account: "anna", kind: "tenant.suspend", dryRun: true },
    only: () => false,
  });
  expect(nothing.plan.warnings).toEqual([]);
});
