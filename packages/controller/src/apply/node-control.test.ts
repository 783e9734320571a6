import { readFileSync } from "node:fs";
import { catalog } from "@berth/shared/catalog/index";
import { BerthError } from "@berth/shared/errors";
import { parseFleet } from "@berth/shared/fleet/parse";
import type { Fleet } from "@berth/shared/fleet/schema";
import { beforeEach, describe, expect, test } from "vitest";
import { createNodeControl, type NodeControl, type NodeControlDependencies } from "./node-control.ts";

const ssh = { user: "root", port: 22 };
const remove = { force: false, uninstall: true, account: "anna" };
const unreachable = new BerthError("host.unreachable", "It did not come within 20 s", { hint: "Check it." });

let yaml: string;
let enrolled: Set<string>;
/** What was done to the world outside the desired state, in order. */
let done: string[];

beforeEach(() => {
  yaml = readFileSync(new URL("../../../../examples/valuechain/fleet.yaml", import.meta.url), "utf8");
  enrolled = new Set();
  done = [];
});

function parse(text: string): Fleet {
  const { fleet, problems } = parseFleet(text, "fleet.yaml", catalog);
  if (fleet === null) throw new Error(JSON.stringify(problems));
  return fleet;
}

function nodes(): string[] {
  return Object.keys(parse(yaml).nodes);
}

function control(dependencies: Partial<NodeControlDependencies> = {}): NodeControl {
  const note = (line: string) => {
    done.push(line);
    return Promise.resolve();
  };
  return createNodeControl({
    control: {
      edit: (edit) => {
        yaml = edit({ fleet: parse(yaml), yaml, file: "fleet.yaml" }).text;
        return Promise.resolve({ plan: { operations: [], warnings: [] }, run: null });
      },
    },
    store: {
      parse,
      current: () => Promise.resolve({ fleet: parse(yaml), yaml, file: "fleet.yaml" }),
      require: () => Promise.resolve(parse(yaml)),
    },
    catalog,
    inspect: ({ name }) => note(`inspect ${name}`),
    isEnrolled: (node) => enrolled.has(node),
    forget: (node) => note(`forget ${node}`),
    uninstall: (node) => note(`uninstall ${node}`),
    uninstallCommand: () => Promise.resolve("the line"),
    createJoinToken: ({ node }) => Promise.resolve({ token: `for ${node}`, expiresAt: new Date(0) }),
    installCommand: (token, address) => Promise.resolve(`install ${token} on ${address}`),
    ...dependencies,
  });
}

describe("adding a node", () => {
  const node = { name: "late", address: "10.0.6.15", ssh };

  test("looks at the host first", async () => {
    await control().add(node, "anna");
    expect(done).toEqual(["inspect late"]);
    expect(parse(yaml).nodes["late"]).toMatchObject({ address: "10.0.6.15" });
    await control().add(node, "anna");
    expect(done).toEqual(["inspect late"]);
  });

  test("leaves the desired state alone when the host does not answer", async () => {
    const before = yaml;
    const adding = control({ inspect: () => Promise.reject(unreachable) }).add(node, "anna");
    await expect(adding).rejects.toMatchObject({
      code: "host.unreachable",
      message: "Node 'late' was not added: It did not come within 20 s",
      hint: "Check it.",
    });
    expect(yaml).toBe(before);
  });

  test("is refused for an address or a name that is taken, before anybody is asked", async () => {
    await expect(control().add({ ...node, address: "10.0.6.11" }, "anna")).rejects.toMatchObject({
      code: "conflict",
      message: "10.0.6.11 is the address of node 'user1'",
    });
    await expect(control().add({ ...node, name: "user1" }, "anna")).rejects.toMatchObject({
      code: "conflict",
      message: "Node 'user1' exists with the address 10.0.6.11",
    });
    expect(done).toEqual([]);
  });
});

describe("a join token", () => {
  const token = (name: string, address?: string) => control().createToken({ name, address, validSeconds: 60 }, "anna");

  test("puts a new node into the fleet, and takes the address of one that is there", async () => {
    expect(await token("user9", "10.0.6.19")).toMatchObject({
      command: "install for user9 on 10.0.6.19",
      address: "10.0.6.19",
      added: true,
    });
    expect(parse(yaml).nodes["user9"]).toMatchObject({ address: "10.0.6.19", ssh: false });
    expect(await token("user9")).toMatchObject({ address: "10.0.6.19", added: false });
  });

  test.each([
    ["user9", "10.0.6.11", "10.0.6.11 is the address of node 'user1'"],
    ["user1", "10.0.6.12", "Node 'user1' exists with the address 10.0.6.11"],
    ["user9", undefined, "Node 'user9' is not in the fleet: its address is needed"],
  ])("for %s at %s is not made", async (name, address, message) => {
    const before = yaml;
    await expect(token(name, address)).rejects.toMatchObject({ message });
    expect(yaml).toBe(before);
  });
});

describe("removing a node", () => {
  beforeEach(async () => {
    await control().add({ name: "late", address: "10.0.6.15", ssh }, "anna");
    await control().createToken({ name: "pasted", address: "10.0.6.16", validSeconds: 60 }, "anna");
    done = [];
  });

  test.each(["late", "pasted"])("that never enrolled needs no SSH: %s", async (name) => {
    expect(await control().remove(name, remove)).toEqual({
      removed: true,
      enrolled: false,
      uninstalled: false,
      uninstallCommand: null,
      run: null,
    });
    expect(done).toEqual([`forget ${name}`]);
    expect(nodes()).not.toContain(name);
  });

  test("takes its agent off first", async () => {
    enrolled.add("late");
    expect(await control().remove("late", remove)).toMatchObject({ enrolled: true, uninstalled: true });
    expect(done).toEqual(["uninstall late", "forget late"]);
  });

  test("whose agent cannot be taken off stays, and the way out is told; forced, it goes", async () => {
    enrolled.add("late");
    const broken = control({ uninstall: () => Promise.reject(unreachable) });
    await expect(broken.remove("late", remove)).rejects.toMatchObject({
      code: "host.unreachable",
      message: "The agent of 'late' could not be taken off its host: It did not come within 20 s",
      hint: expect.stringMatching(/^`berth node remove late --force` removes .*\. Check it\.$/),
    });
    expect([done, nodes().includes("late")]).toEqual([[], true]);
    expect(await broken.remove("late", { ...remove, force: true })).toMatchObject({
      enrolled: true,
      uninstalled: false,
      uninstallCommand: "the line",
    });
    expect(nodes()).not.toContain("late");
  });

  test("without SSH gives the line that takes its agent off, unless it is to stay", async () => {
    enrolled.add("pasted");
    expect(await control().remove("pasted", remove)).toMatchObject({
      uninstalled: false,
      uninstallCommand: "the line",
    });
    await control().createToken({ name: "pasted", address: "10.0.6.16", validSeconds: 60 }, "anna");
    expect(await control().remove("pasted", { ...remove, uninstall: false })).toMatchObject({ uninstallCommand: null });
    expect(done).toEqual(["forget pasted", "forget pasted"]);
  });

  test("that holds a tenant is refused, forced or not", async () => {
    await expect(control().remove("user1", { ...remove, force: true })).rejects.toMatchObject({ code: "conflict" });
    expect(done).toEqual([]);
  });
});
