import { catalog } from "@berth/shared/catalog/index";
import type { Need, Service } from "@berth/shared/catalog/schema";
import { BerthError } from "@berth/shared/errors";
import { formatSize } from "@berth/shared/fleet/units";
import { closest } from "fastest-levenshtein";
import { defineCommand } from "../define-command.ts";
import { properties } from "../render/table.ts";

export default defineCommand({
  arguments: { service: { description: "Name of the service", completes: "service" } },
  examples: [{ command: "berth catalog show n8n", does: "what n8n is made of" }],
  async run({ input }): Promise<Service> {
    const service = catalog.get(input.service);
    if (service !== undefined) return service;
    throw new BerthError("not-found", `The catalog has no service '${input.service}'.`, {
      hint: `Did you mean '${closest(input.service, [...catalog.keys()])}'? \`berth catalog list\` shows all.`,
    });
  },
  render: (service, { style }) => [
    `${style.bold(service.title)}: ${service.description}`,
    "",
    ...properties(
      [
        ["image", `${service.image}:${service.version}`],
        ["scope", service.scope],
        ["memory", formatSize(service.memory)],
        ["ports", service.ports.map((port) => `${port.name} ${port.host} -> ${port.container}`).join(", ")],
        ["volumes", service.volumes.length === 0 ? null : service.volumes.map((volume) => volume.path).join(", ")],
        ["needs", service.needs.length === 0 ? null : service.needs.map(needText).join(", ")],
        ["health", healthText(service)],
      ],
      style,
    ),
    "",
    style.bold("environment"),
    ...Object.entries(service.env).map(([name, value]) => `  ${name}=${value}`),
  ],
});

function needText(need: Need): string {
  return need.kind === "service" ? need.service : need.kind;
}

function healthText({ health }: Service): string {
  if (health.http !== undefined) return `GET :${health.http.port}${health.http.path}`;
  return health.command?.join(" ") ?? "";
}
