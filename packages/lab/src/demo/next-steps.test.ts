import type { InstanceStatus, NodeStatus, Status } from "@berth/shared/api/status";
import { catalog } from "@berth/shared/catalog/index";
import { expect, it } from "vitest";
import { firstTenantsPages } from "./instance-pages.ts";
import { nextSteps } from "./next-steps.ts";

function node(name: string, address: string): NodeStatus {
  const unknown = { agentVersion: null, lastSeen: null, clockSkewMilliseconds: null, facts: null, vmid: null };
  return { name, address, state: "online", outdated: false, ...unknown };
}

function instance(nodeName: string, service: string, tenant: string | null, ports: number[]): InstanceStatus {
  const name = `${tenant ?? "shared"}-${service}`;
  return { name, service, node: nodeName, tenant, state: "healthy", version: "1", drift: [], ports, containers: [] };
}

const status: Status = {
  fleet: "valuechain",
  nodes: [node("shared", "10.0.6.10"), node("user1", "10.0.6.11"), node("user2", "10.0.6.12")],
  instances: [
    instance("shared", "postgres", null, [5432]),
    instance("user1", "openwebui", "user1", [3000]),
    instance("user1", "n8n", "user1", [5678]),
    instance("user2", "openwebui", "user2", [3000]),
  ],
};
const socket = "/run/berth-lab/mine/controller.sock";

it("offers the web pages of the first tenant alone", () => {
  expect(firstTenantsPages(status, catalog)).toEqual([
    { instance: "user1-openwebui", tenant: "user1", address: "10.0.6.11", port: 3000 },
    { instance: "user1-n8n", tenant: "user1", address: "10.0.6.11", port: 5678 },
  ]);
});

it("names what there is in the fleet", () => {
  const [first] = firstTenantsPages(status, catalog);
  const pages = first === undefined ? [] : [{ ...first, url: "http://127.0.0.1:8440" }];
  expect(nextSteps({ labName: "demo", socket, status, pages })).toEqual([
    "The pages of user1:",
    "  user1-openwebui  http://127.0.0.1:8440",
    "",
    "Try next:",
    "  ./berth status",
    "  ./berth exec shared-postgres -- psql -U postgres -l      # a database for each that needs one",
    "  ./berth logs user1-openwebui --follow",
    "  ./berth lab enter user1                                  # a shell in its LXC",
    "  ./berth lab enter user1 -- docker rm -f user1-openwebui  # break it; its agent makes it anew: ./berth status",
    "  ./berth route list                                       # each host name, tested through the router",
    "  ./berth tenant add user4                                 # a user more; ./berth tenant remove user4",
    "  ./berth fleet export > my-fleet.yaml                     # edit it, then ./berth apply my-fleet.yaml --plan",
    "  ./berth lab status                                       # the LXCs and processes below",
    "  ./berth demo --down",
  ]);
});

it("names nothing that is not there, and a lab of another name everywhere", () => {
  const nodes = [node("user1", "10.0.6.11")];
  const empty = { fleet: "small", nodes, instances: [] };
  expect(nextSteps({ labName: "mine", socket, status: empty, pages: [] }).join("\n")).not.toMatch(/shared-|user1/);
  const one = { ...empty, instances: [instance("user1", "flowise", "user1", [3001])] };
  const lines = nextSteps({ labName: "mine", socket, status: one, pages: [] });
  expect(lines[1]).toBe(`  export BERTH_CONTROLLER=unix:${socket}`);
  expect(lines.filter((line) => /lab|demo --down/.test(line)).every((line) => /mine/.test(line))).toBe(true);
});
