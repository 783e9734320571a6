/** Which page an address means. */
export type Route =
  | { page: "overview" }
  | { page: "node"; name: string }
  | { page: "instance"; name: string }
  | { page: "tenants" }
  | { page: "tenant"; name: string }
  | { page: "routes" }
  | { page: "backups" }
  | { page: "owner-backups"; name: string }
  | { page: "upgrades" }
  | { page: "alerts" }
  | { page: "events" }
  | { page: "runs" }
  | { page: "run"; id: number }
  | { page: "unknown"; path: string };

export function routeOf(path: string): Route {
  const [room, name, ...rest] = path.split("/").filter((part) => part !== "");
  if (rest.length > 0) return { page: "unknown", path };
  if (room === undefined) return { page: "overview" };
  if (room === "nodes" && name !== undefined) return named("node", name, path);
  if (room === "instances" && name !== undefined) return named("instance", name, path);
  if (room === "tenants" && name !== undefined) return named("tenant", name, path);
  if (room === "backups" && name !== undefined) return named("owner-backups", name, path);
  if (name === undefined && isList(room)) return { page: room };
  if (room === "runs" && name !== undefined && /^[1-9]\d{0,14}$/.test(name)) return { page: "run", id: Number(name) };
  return { page: "unknown", path };
}

const lists = ["tenants", "routes", "backups", "upgrades", "alerts", "events", "runs"] as const;

function isList(room: string): room is (typeof lists)[number] {
  return lists.some((list) => list === room);
}

function named(page: "node" | "instance" | "tenant" | "owner-backups", encoded: string, path: string): Route {
  try {
    return { page, name: decodeURIComponent(encoded) };
  } catch {
    // "%" followed by something that is no hex number.
    return { page: "unknown", path };
  }
}

export const nodePath = (name: string): string => `/nodes/${encodeURIComponent(name)}`;
export const instancePath = (name: string): string => `/instances/${encodeURIComponent(name)}`;
export const tenantPath = (name: string): string => `/tenants/${encodeURIComponent(name)}`;
export const ownerBackupsPath = (name: string): string => `/backups/${encodeURIComponent(name)}`;
export const backupsPath = "/backups";
export const runPath = (id: number): string => `/runs/${id}`;
