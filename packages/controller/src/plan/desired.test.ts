/** What a service's definition comes to in a fleet: parts, uses, placeholders, secrets. */
import { defineService, type Catalog } from "@berth/shared/catalog/schema";
import { fleetSchema, type Fleet, type FleetInput } from "@berth/shared/fleet/schema";
import { describe, expect, test } from "vitest";
import { desiredState, type DesiredOptions } from "./desired.ts";
import { desiredOptions, exampleDesired, exampleFleet } from "./test-fixtures.ts";

const health = { http: { port: 80, path: "/" } };
const store = {
  description: "",
  scope: "shared" as const,
  image: "docker.io/library/store",
  version: "1.0",
  memory: "1GiB",
  health,
};
const catalog: Catalog = new Map(
  [
    defineService({ ...store, name: "postgres", title: "", ports: [{ name: "sql", container: 5432, host: 5432 }] }),
    defineService({
      ...store,
      name: "qdrant",
      title: "",
      ports: [{ name: "http", container: 6333, host: 6333 }],
      secrets: { apiKey: {} },
    }),
    defineService({ ...store, name: "minio", title: "", ports: [{ name: "s3", container: 9000, host: 9000 }] }),
    defineService({
      name: "app",
      title: "App",
      description: "",
      scope: "tenant",
      image: "docker.io/library/app",
      version: "2.0",
      digest: `sha256:${"a".repeat(64)}`,
      ports: [{ name: "http", container: 80, host: 8000 }],
      memory: "1GiB",
      health,
      env: {
        DATABASE_URL: "${database.url}",
        URL: "${route.url}",
        WORKER: "${part.worker}:81",
        TOKEN: "${secret.signed}",
        LITERAL: "$${HOME}",
      },
      files: [{ path: "/etc/app.conf", content: "key = ${secret.plain}\n" }],
      secrets: { plain: { length: 16 }, signed: { token: { signedWith: "plain", claims: { role: "app" } } } },
      needs: [{ kind: "database" }],
      uses: [
        {
          service: "qdrant",
          needs: [{ kind: "collections", collections: [{ name: "files", vectorSize: 3 }] }],
          env: { QDRANT: "${service.qdrant.url} ${collections.prefix} ${collections.token}" },
        },
        {
          service: "minio",
          needs: [{ kind: "buckets", buckets: ["uploads"] }],
          env: { BUCKET: "${bucket.uploads} ${buckets.accessKey} ${buckets.secretKey}" },
        },
        { key: "openrouter", env: { OPENAI_API_KEYS: "${key}" } },
      ],
      parts: [
        {
          name: "worker",
          starts: "before",
          image: "docker.io/library/worker",
          version: "2.0",
          memory: "512MiB",
          health,
          env: { MAIN: "${main}" },
        },
        { name: "proxy", starts: "after", image: "docker.io/library/proxy", version: "7", memory: "64MiB", health },
      ],
      route: { port: "http" },
    }),
  ].map((service) => [service.name, service]),
);

function fleetOf(change: Partial<FleetInput> = {}, shared: string[] = ["postgres", "qdrant", "minio"]): Fleet {
  return fleetSchema.parse({
    fleet: "f",
    domain: "example.org",
    controller: { address: "10.0.6.1" },
    nodes: { shared: { address: "10.0.6.10" }, user1: { address: "10.0.6.11" }, user2: { address: "10.0.6.12" } },
    tenants: { user1: { node: "user1" }, user2: { node: "user2" } },
    services: { shared: Object.fromEntries(shared.map((name) => [name, { node: "shared" }])), tenant: { app: {} } },
    ...change,
  });
}

function desired(fleet: Fleet, options: Partial<DesiredOptions> = {}) {
  return desiredState(fleet, {
    catalog,
    registryMirror: null,
    agentVersion: "0.1.0",
    controllerCa: "CA",
    secretVersion: () => 1,
    givenSecret: () => null,
    ...options,
  });
}

function containersOf(fleet: Fleet, options: Partial<DesiredOptions> = {}) {
  const found = desired(fleet, options).instances.find(({ spec }) => spec.instance === "user1-app");
  if (found === undefined) throw new Error("user1-app is not desired");
  return found.spec.containers;
}

describe("an instance", () => {
  test("consists of its parts in the order of their start, which find each other by name", () => {
    const [worker, main, proxy] = containersOf(fleetOf());
    expect([worker?.name, main?.name, proxy?.name]).toEqual(["user1-app-worker", "user1-app", "user1-app-proxy"]);
    expect(worker?.env).toEqual({ MAIN: "user1-app" });
    expect(main?.env["WORKER"]).toBe("user1-app-worker:81");
  });

  test("has secrets by reference only, in its environment and its files", () => {
    const main = containersOf(fleetOf())[1];
    expect(main?.env["DATABASE_URL"]).toBe(
      "postgresql://user1_app:${secret:user1-app/database@1}@10.0.6.10:5432/user1_app",
    );
    expect(main?.files).toEqual([{ path: "/etc/app.conf", content: "key = ${secret:user1-app/plain@1}\n" }]);
    expect(main?.env["LITERAL"]).toBe("${HOME}");
  });

  test("is connected to what the fleet has, and runs without it otherwise", () => {
    expect(containersOf(fleetOf())[1]?.env).toMatchObject({
      QDRANT: "http://10.0.6.10:6333 user1_app ${secret:user1-app/collectionsToken@1}",
      BUCKET: "user1-uploads berth-user1 ${secret:user1/bucketsSecretKey@1}",
    });
    const alone = containersOf(fleetOf({}, ["postgres"]))[1]?.env;
    expect(alone).not.toHaveProperty("QDRANT");
    expect(alone).not.toHaveProperty("BUCKET");
  });

  test("gets a key once its tenant was given one, and each tenant its own", () => {
    expect(containersOf(fleetOf())[1]?.env).not.toHaveProperty("OPENAI_API_KEYS");
    const givenSecret = (name: string) => (name === "user1/openrouterKey" ? 3 : null);
    expect(containersOf(fleetOf(), { givenSecret })[1]?.env["OPENAI_API_KEYS"]).toBe("${secret:user1/openrouterKey@3}");
    const other = desired(fleetOf(), { givenSecret }).instances.find(({ spec }) => spec.instance === "user2-app");
    expect(JSON.stringify(other)).not.toContain("openrouter");
  });

  test("asked for in another version takes along the parts that have its own", () => {
    const other = fleetOf({
      services: { shared: { postgres: { node: "shared" } }, tenant: { app: { version: "2.1" } } },
    });
    expect(containersOf(other).map(({ image }) => image)).toEqual([
      "docker.io/library/worker:2.1",
      "docker.io/library/app:2.1",
      "docker.io/library/proxy:7",
    ]);
    expect(containersOf(other)[1]).not.toHaveProperty("digest");
    expect(containersOf(fleetOf())[1]).toHaveProperty("digest");
  });

  test("asked for by digest is pinned to it in its own image, and its parts in others go along by the tag", () => {
    const digest = `sha256:${"b".repeat(64)}`;
    const pinned = fleetOf({
      services: { shared: { postgres: { node: "shared" } }, tenant: { app: { version: `2.1@${digest}` } } },
      images: { mirror: "10.0.6.1:5000" },
    });
    expect(containersOf(pinned).map(({ image }) => image)).toEqual([
      "10.0.6.1:5000/library/worker:2.1",
      `10.0.6.1:5000/library/app:2.1@${digest}`,
      "10.0.6.1:5000/library/proxy:7",
    ]);
    expect(containersOf(pinned)[1]).not.toHaveProperty("digest");
  });
});

describe("needs", () => {
  test("are those of the design document: databases, collections, buckets", () => {
    expect(desired(fleetOf()).needs.map(({ kind, target }) => `${kind}/${target}`)).toEqual([
      "database.ensure/user1_app",
      "database.ensure/user2_app",
      "collections.ensure/user1-app",
      "collections.ensure/user2-app",
      "buckets.ensure/user1",
      "buckets.ensure/user2",
    ]);
    const [collections, , buckets] = desired(fleetOf()).needs.slice(2);
    expect(collections?.input).toMatchObject({ collections: [{ name: "user1_app_files", vectorSize: 3 }] });
    expect(buckets?.input).toMatchObject({ accessKey: "berth-user1", buckets: ["user1-backups", "user1-uploads"] });
  });

  test("come before the instance, as do the firewalls", () => {
    const found = desired(fleetOf()).instances.find(({ spec }) => spec.instance === "user1-app");
    expect(found?.after).toEqual([
      "database.ensure/user1_app",
      "collections.ensure/user1-app",
      "buckets.ensure/user1",
      "instance.ensure/shared-postgres",
      "instance.ensure/shared-qdrant",
      "instance.ensure/shared-minio",
      "firewall.ensure/user1",
      "firewall.ensure/shared",
    ]);
  });
});

describe("secrets", () => {
  test("are the service's own, and one for each key to a store; an owner's key is one", () => {
    const names = desired(fleetOf()).secrets.map(({ name }) => name);
    expect(names.filter((name) => name.startsWith("user1"))).toEqual([
      "user1-app/plain",
      "user1-app/signed",
      "user1-app/database",
      "user1-app/collectionsToken",
      "user1/bucketsSecretKey",
    ]);
    expect(new Set(names).size).toBe(names.length);
  });

  test("a token names its key, and what it opens ends at the instance's collections", () => {
    const token = desired(fleetOf()).secrets.find(({ name }) => name === "user1-app/collectionsToken");
    expect(token).toMatchObject({ token: { signedWith: "shared-qdrant/apiKey" } });
    expect(JSON.stringify(token)).toContain("user1_app_files");
    expect(JSON.stringify(token)).not.toContain("user2");
  });

  test("a token that is to be made again changes the instance", () => {
    const hash = (version: number) =>
      desired(fleetOf(), { secretVersion: (_, token) => (token === undefined ? 1 : version) }).instances.map(
        ({ spec }) => [spec.instance, spec.hash],
      );
    const before = new Map(hash(1).map(([instance = "", value]) => [instance, value]));
    const changed = hash(2).filter(([instance = "", value]) => before.get(instance) !== value);
    expect(changed.map(([instance]) => instance)).toEqual(["user1-app", "user2-app"]);
  });
});

describe("what is known of the controller", () => {
  const watcher = {
    ...{ ...store, title: "", ports: [{ name: "http", container: 90, host: 90 }] },
    files: [
      { path: "/etc/ca.pem", content: "${controller.ca}" },
      { path: "/etc/token", content: "${controller.metricsToken}" },
      { path: "/etc/users", content: "berth:${secret.password.bcrypt}" },
    ],
    env: { CONTROLLER: "${controller.address}:${controller.port}" },
    secrets: { password: {} },
  };
  const watched: Catalog = new Map([...catalog, ["watcher", defineService({ ...watcher, name: "watcher" })]]);

  test("is its address, its CA, and by reference the token of the metrics, which is made with the others", () => {
    const secretVersion = (name: string) => (name === "berth-prometheus/token" ? 4 : 1);
    const found = desired(fleetOf({}, ["watcher"]), { catalog: watched, secretVersion });
    const [container] = found.instances.find(({ spec }) => spec.instance === "shared-watcher")?.spec.containers ?? [];
    expect(container?.env).toEqual({ CONTROLLER: "10.0.6.1:8421" });
    expect(container?.files?.map(({ content }) => content)).toEqual([
      "CA",
      "${secret:berth-prometheus/token@4}",
      "berth:${secret:shared-watcher/password@1#bcrypt}",
    ]);
    expect(found.secrets.map(({ name }) => name)).toContain("berth-prometheus/token");
    expect(desired(fleetOf()).secrets.map(({ name }) => name)).not.toContain("berth-prometheus/token");
  });

  test("is the token for nobody's instance, were it ever asked for there", () => {
    const tenants = new Map([...watched, ["watcher", defineService({ ...watcher, name: "watcher", scope: "tenant" })]]);
    const fleet = fleetOf({ services: { shared: {}, tenant: { watcher: {} } } });
    expect(() => desired(fleet, { catalog: tenants })).toThrow("uses the placeholder ${controller.metricsToken}");
  });
});

test("a suspended tenant's instances are not desired, and named as suspended", () => {
  const suspended = fleetOf({ tenants: { user1: { node: "user1", suspended: true }, user2: { node: "user2" } } });
  const { instances, needs, suspended: names } = desired(suspended);
  expect(instances.map(({ spec }) => spec.instance)).not.toContain("user1-app");
  expect(JSON.stringify(needs)).not.toContain("user1");
  expect([...names]).toEqual([["user1-app", { tenant: "user1", withTenant: true }]]);
});

describe("an instance that is suspended by itself", () => {
  const fleet = exampleFleet();
  const user1 = { ...fleet.tenants["user1"]!, services: { openwebui: { env: {}, suspended: true } } };
  const without = desiredState({ ...fleet, tenants: { ...fleet.tenants, user1 } }, desiredOptions);
  const before = exampleDesired();

  test("is not desired, nor what it needs, but for the buckets of its tenant, which goes on", () => {
    expect([...without.suspended]).toEqual([["user1-openwebui", { tenant: "user1", withTenant: false }]]);
    const names = ({ instances }: typeof before) => instances.map(({ spec }) => spec.instance);
    expect(names(without)).toEqual(names(before).filter((name) => name !== "user1-openwebui"));
    const needsOf = ({ needs }: typeof before) => needs.map(({ kind, target, input }) => ({ kind, target, input }));
    expect(needsOf(without)).toEqual(needsOf(before).filter(({ target }) => target !== "user1-openwebui"));
  });

  test("leaves every other one as it was, also when what it is connected to rests", () => {
    const { ollama } = fleet.services.shared;
    const shared = { ...fleet.services.shared, ollama: { ...ollama!, suspended: true } };
    const { instances, suspended, needs } = desiredState(
      { ...fleet, services: { ...fleet.services, shared } },
      desiredOptions,
    );
    expect([...suspended]).toEqual([["shared-ollama", { tenant: null, withTenant: false }]]);
    const others = before.instances.filter(({ spec }) => spec.instance !== "shared-ollama");
    expect(instances.map(({ spec }) => [spec.instance, spec.hash])).toEqual(
      others.map(({ spec }) => [spec.instance, spec.hash]),
    );
    expect(needs.filter(({ server }) => server === "shared-ollama")).toEqual([]);
  });
});
