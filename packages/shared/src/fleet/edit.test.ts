import { describe, expect, test } from "vitest";
import { parseDocument } from "yaml";
import { mergeFleet, removeFromFleet, setInFleet } from "./edit.ts";

const present = `# present
nodes:
  a: { address: 10.0.6.10 }
  b: { address: 10.0.6.11 } # by hand
tenants:
  user1: { node: b }
services:
  tenant:
    n8n:
`;
const withOwn = `${present}catalog:
  vikunja: { name: vikunja }
`;

describe("setting", () => {
  test("fills an entry that was empty, and keeps its comment and every other line", () => {
    const empty = "services:\n  tenant:\n    openwebui: # http://<node>:3000\n    n8n:\n# the end\n";
    const path = ["services", "tenant", "openwebui", "version"];
    const set = setInFleet(empty, path, "v0.11.3");
    expect(set).toContain("http://<node>:3000");
    expect(parseDocument(set).toJS()).toEqual({
      services: { tenant: { openwebui: { version: "v0.11.3" }, n8n: null } },
    });
    expect(setInFleet(present, ["services", "tenant", "n8n", "version"], "2.41.2")).toBe(
      present.replace("    n8n:\n", "    n8n:\n      version: 2.41.2\n"),
    );
    expect(setInFleet(set, path, "v0.11.4")).toBe(set.replace("v0.11.3", "v0.11.4"));
  });
});

describe("merging", () => {
  test("a file that mentions all of it is taken as it is", () => {
    const given = `${present}# mine\n`;
    expect(mergeFleet(present, given)).toEqual({ text: given, kept: [] });
  });

  test("what the given file does not mention stays, and the given file's comments and values win", () => {
    const given = "# given\nnodes:\n  a: { address: 10.0.6.20 } # moved\n";
    const merged = mergeFleet(present, given);
    expect(merged.kept).toEqual(["nodes.b", "tenants.user1", "services.tenant.n8n"]);
    expect(merged.text).toBe(
      `# given\nnodes:\n  a: { address: 10.0.6.20 } # moved\n  b: { address: 10.0.6.11 } # by hand\ntenants:\n  user1: { node: b }\nservices:\n  tenant:\n    n8n:\n`,
    );
  });

  test("pruning takes out tenants and services, and leaves nodes to `berth node remove`", () => {
    const given = "nodes:\n  a: { address: 10.0.6.10 }\n";
    expect(mergeFleet(present, given, { prune: true })).toEqual({
      text: "nodes:\n  a: { address: 10.0.6.10 }\n  b: { address: 10.0.6.11 } # by hand\n",
      kept: ["nodes.b"],
    });
    const withNodes = "nodes: { a: {}, b: {} }\n";
    expect(mergeFleet(present, withNodes, { prune: true })).toEqual({ text: withNodes, kept: [] });
  });
});

describe("a tenant that was suspended", () => {
  const suspended = setInFleet(present, ["tenants", "user1", "suspended"], true);

  test("stays so with a file that says nothing of it, and runs with one that does, or with pruning", () => {
    expect(mergeFleet(suspended, present)).toEqual({
      text: present.replace("user1: { node: b }", "user1: { node: b, suspended: true }"),
      kept: ["tenants.user1.suspended"],
    });
    const given = present.replace("user1: { node: b }", "user1: { node: b, suspended: false }");
    expect(mergeFleet(suspended, given)).toEqual({ text: given, kept: [] });
    expect(mergeFleet(suspended, present, { prune: true })).toEqual({ text: present, kept: [] });
  });

  test("is told once where the file does not mention the tenant at all", () => {
    const without = present.replace("  user1: { node: b }\n", "  user2: { node: a }\n");
    expect(mergeFleet(suspended, without).kept).toEqual(["tenants.user1"]);
  });
});

describe("an instance that was suspended", () => {
  const shared = present.replace("  tenant:\n    n8n:\n", "  shared:\n    ollama: { node: a }\n  tenant:\n    n8n:\n");
  const ofTenant = setInFleet(shared, ["tenants", "user1", "services", "n8n", "suspended"], true);
  const ofAll = setInFleet(ofTenant, ["services", "shared", "ollama", "suspended"], true);

  test("stays so with a file that says nothing of it, and runs with one that does, or with pruning", () => {
    const { text, kept } = mergeFleet(ofAll, shared);
    expect(kept).toEqual(["tenants.user1.services.n8n.suspended", "services.shared.ollama.suspended"]);
    expect(parseDocument(text).toJS()).toEqual(parseDocument(ofAll).toJS());
    expect(text).toContain("# by hand");
    const given = shared.replace("{ node: b }", "{ node: b, services: { n8n: { suspended: false } } }");
    expect(mergeFleet(ofAll, given).kept).toEqual(["services.shared.ollama.suspended"]);
    expect(mergeFleet(ofAll, shared, { prune: true })).toEqual({ text: shared, kept: [] });
  });

  test("is none where the given file takes the service from the tenant", () => {
    const given = shared.replace("{ node: b }", "{ node: b, services: { n8n: false } }");
    expect(mergeFleet(ofTenant, given)).toEqual({ text: given, kept: [] });
  });
});

describe("own services", () => {
  test("stay with a file that does not mention them", () => {
    const given = `${present}catalog:\n  wiki: { name: wiki }\n`;
    const merged = mergeFleet(withOwn, given);
    expect(merged.kept).toEqual(["catalog.vikunja"]);
    expect(merged.text).toBe(`${given}  vikunja: { name: vikunja }\n`);
  });

  test("go with pruning, as the services that used them do", () => {
    expect(mergeFleet(withOwn, present, { prune: true })).toEqual({ text: present, kept: [] });
  });
});

describe("anchors", () => {
  const text =
    "tenants:\n  a: { node: a, services: &own { n8n: { env: &x { A: b } } } }\n  b: { node: b, services: *own }\n";
  const written = "services: { n8n: { env: { A: b } } }";

  test("that go with what is removed are written out where they are referred to", () => {
    expect(removeFromFleet(text, ["tenants", "a"])).toBe(`tenants:\n  b: { node: b, ${written} }\n`);
    expect(removeFromFleet(text, ["tenants", "b"])).toBe(text.split("\n").slice(0, 2).join("\n") + "\n");
  });

  test("that the given file has not are written out in what is kept", () => {
    const given = "tenants:\n  a: { node: a }\n";
    expect(mergeFleet(text, given).text).toBe(`${given}  b: { node: b, ${written} }\n`);
  });
});

test("setting and removing keep the rest of the text", () => {
  const added = setInFleet(present, ["nodes", "c"], { address: "10.0.6.12" });
  expect(added).toContain("b: { address: 10.0.6.11 } # by hand\n  c:\n    address: 10.0.6.12\n");
  expect(removeFromFleet(added, ["nodes", "c"])).toBe(present);
  expect(removeFromFleet(present, ["nodes", "z"])).toBe(present);
});

describe("every other line stays to the byte", () => {
  const untidy = `# a fleet written by hand
nodes:
    user3:   { address: 10.0.6.13, proxmox: pve, template: tenant, ssh: { user: root, port: 22 }, note: "long enough to fold" }   # third

    # more of them below
tenants:
    user3: { node: user3 }


services:
    tenant:
        n8n:    # all of it
        openwebui: {   env: { A:   'b' } }
`;

  test("when an entry is added, changed and taken out again", () => {
    const node = { address: "10.0.6.14", proxmox: "pve" };
    const added = setInFleet(setInFleet(untidy, ["nodes", "user4"], node), ["tenants", "user4"], { node: "user4" });
    expect(added).toBe(
      untidy
        .replace("# third\n", "# third\n    user4:\n      address: 10.0.6.14\n      proxmox: pve\n")
        .replace("{ node: user3 }\n", "{ node: user3 }\n    user4:\n      node: user4\n"),
    );
    const suspended = setInFleet(added, ["tenants", "user4", "suspended"], true);
    expect(suspended).toBe(added.replace("      node: user4\n", "      node: user4\n      suspended: true\n"));
    const without = removeFromFleet(removeFromFleet(suspended, ["tenants", "user4"]), ["nodes", "user4"]);
    expect(without).toBe(untidy);
  });

  test("when a map on one line is changed, or the last entry goes", () => {
    expect(setInFleet(untidy, ["tenants", "user3", "suspended"], true)).toBe(
      untidy.replace("{ node: user3 }", "{ node: user3, suspended: true }"),
    );
    const empty = removeFromFleet(untidy, ["tenants", "user3"]);
    expect(empty).toBe(untidy.replace("tenants:\n    user3: { node: user3 }\n", "tenants: {}\n"));
  });

  test("when a file is merged with what it does not mention", () => {
    const stored = setInFleet(untidy, ["tenants", "user4"], { node: "user4" });
    expect(mergeFleet(stored, untidy)).toEqual({ text: stored, kept: ["tenants.user4"] });
  });

  test("also in a file without a line break at its end", () => {
    expect(setInFleet("nodes:\n  a: { x: 1 }", ["nodes", "b"], { x: 2 })).toBe(
      "nodes:\n  a: { x: 1 }\n  b:\n    x: 2\n",
    );
  });
});
