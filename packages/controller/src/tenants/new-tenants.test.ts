import { readFileSync } from "node:fs";
import { catalog } from "@berth/shared/catalog/index";
import { parseFleet } from "@berth/shared/fleet/parse";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { NewTenant } from "@berth/shared/api/tenants";
import { describe, expect, test } from "vitest";
import { withTenants } from "./new-tenants.ts";

const example = readFileSync(new URL("../../../../examples/valuechain/fleet.yaml", import.meta.url), "utf8");

function parsed(text: string): Fleet {
  const { fleet, problems } = parseFleet(text, "fleet.yaml", catalog);
  if (fleet === null) throw new Error(JSON.stringify(problems));
  return fleet;
}

function added(...tenants: NewTenant[]): Fleet {
  return parsed(withTenants(example, parsed(example), tenants));
}

describe("a new tenant", () => {
  test("gets a node like the others', at the next free address", () => {
    const { nodes, tenants } = added({ name: "user4" });
    expect(nodes["user4"]).toEqual({ address: "10.0.6.14", proxmox: "pve", template: "tenant" });
    expect(tenants["user4"]).toMatchObject({ node: "user4", suspended: false });
  });

  test("beside others gets an address of its own", () => {
    const { nodes } = added({ name: "user4", address: "10.0.6.15" }, { name: "user5" }, { name: "user6" });
    expect(["user4", "user5", "user6"].map((name) => nodes[name]?.address)).toEqual([
      "10.0.6.15",
      "10.0.6.14",
      "10.0.6.16",
    ]);
  });

  test("leaves the rest of the file as it was, comments included", () => {
    const text = withTenants(example, parsed(example), [{ name: "user4" }]);
    const kept = example.split("\n").filter((line) => line.trim().startsWith("#"));
    for (const line of kept) expect(text).toContain(line.trim());
  });

  test("may take a node that the fleet has", () => {
    const text = example.replace("  user3: { address", "  spare: { address: 10.0.6.20 }\n  user3: { address");
    const fleet = parsed(withTenants(text, parsed(text), [{ name: "user4", node: "spare" }]));
    expect(fleet.tenants["user4"]).toMatchObject({ node: "spare" });
    expect(fleet.nodes["user4"]).toBeUndefined();
  });

  test("that is there already changes nothing", () => {
    expect(withTenants(example, parsed(example), [{ name: "user3", address: "10.0.6.13" }])).toBe(example);
  });
});

test.each<[string, NewTenant[], string]>([
  ["a taken address", [{ name: "user4", address: "10.0.6.12" }], "10.0.6.12 is taken by node 'user2'"],
  ["the controller's address", [{ name: "user4", address: "10.0.6.1" }], "10.0.6.1 is taken"],
  ["the name of the shared services", [{ name: "shared" }], "stands for the shared services"],
  [
    "another address for one that exists",
    [{ name: "user3", address: "10.0.6.99" }],
    "Tenant 'user3' exists at 10.0.6.13",
  ],
  ["another node for one that exists", [{ name: "user3", node: "user2" }], "Tenant 'user3' exists on node 'user3'"],
  ["somebody's node", [{ name: "user4", node: "user2" }], "'user2' is the node of tenant 'user2'"],
  ["the node of shared services", [{ name: "user4", node: "shared" }], "holds the shared service"],
  ["a node that is not there", [{ name: "user4", node: "nowhere" }], "No node is named 'nowhere'"],
  ["the same name twice", [{ name: "user4" }, { name: "user4" }], "was named twice"],
])("%s is refused in a sentence", (_, tenants, sentence) => {
  expect(() => withTenants(example, parsed(example), tenants)).toThrow(sentence);
});
