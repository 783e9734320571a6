import { instanceName } from "@berth/shared/names";

/** What takes a part of the desired state out of it: `nodes.user3`, `tenants.user3`, `tenants.user3.suspended`. Pure. */
export function wayOut(path: string): string {
  const [map = "", name = "", key, service = ""] = path.split(".");
  if (map === "nodes") return `\`berth node remove ${name}\` removes it`;
  if (path.endsWith(".suspended")) return `\`berth ${startOf(map, name, key, service)}\` ends it`;
  return map === "tenants" ? `\`berth tenant remove ${name}\` removes it` : "--prune removes it";
}

/** `services.shared.ollama.suspended`, `tenants.user3.services.n8n.suspended`, or that of a whole tenant. */
function startOf(map: string, name: string, key: string | undefined, service: string): string {
  if (map === "services") return `start ${instanceName(null, key ?? "")}`;
  return key === "services" ? `start ${instanceName(name, service)}` : `tenant resume ${name}`;
}
