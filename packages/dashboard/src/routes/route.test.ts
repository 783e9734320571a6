import { expect, it } from "vitest";
import { instancePath, nodePath, ownerBackupsPath, routeOf, runPath, tenantPath } from "./route.ts";

it.each([
  ["/", { page: "overview" }],
  ["/nodes/user1", { page: "node", name: "user1" }],
  ["/instances/user1-n8n/", { page: "instance", name: "user1-n8n" }],
  ["/runs", { page: "runs" }],
  ["/tenants", { page: "tenants" }],
  ["/tenants/user1", { page: "tenant", name: "user1" }],
  ["/routes", { page: "routes" }],
  ["/routes/a", { page: "unknown", path: "/routes/a" }],
  ["/backups/", { page: "backups" }],
  ["/backups/user1", { page: "owner-backups", name: "user1" }],
  ["/upgrades", { page: "upgrades" }],
  ["/alerts", { page: "alerts" }],
  ["/events", { page: "events" }],
  ["/runs/12", { page: "run", id: 12 }],
  ["/runs/x", { page: "unknown", path: "/runs/x" }],
  ["/nodes", { page: "unknown", path: "/nodes" }],
  ["/nodes/%", { page: "unknown", path: "/nodes/%" }],
  ["/nodes/a/b", { page: "unknown", path: "/nodes/a/b" }],
])("%s", (path, route) => expect(routeOf(path)).toEqual(route));

it("finds the way back from the addresses it makes", () => {
  const name = "<img src=x>/é ?#";
  expect(routeOf(nodePath(name))).toEqual({ page: "node", name });
  expect(routeOf(instancePath(name))).toEqual({ page: "instance", name });
  expect(routeOf(tenantPath(name))).toEqual({ page: "tenant", name });
  expect(routeOf(ownerBackupsPath(name))).toEqual({ page: "owner-backups", name });
  expect(routeOf(runPath(3))).toEqual({ page: "run", id: 3 });
});
