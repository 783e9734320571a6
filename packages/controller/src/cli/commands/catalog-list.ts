import { catalog } from "@berth/shared/catalog/index";
import { defineCommand } from "../define-command.ts";
import { table } from "../render/table.ts";

export default defineCommand({
  examples: [{ command: "berth catalog list", does: "services with their pinned versions" }],
  run: async () => ({ services: [...catalog.values()] }),
  render: ({ services }, { style }) =>
    table(
      services,
      [
        { title: "SERVICE", value: (service) => service.name },
        { title: "VERSION", value: (service) => service.version },
        { title: "SCOPE", value: (service) => service.scope },
        { title: "PORTS", value: (service) => service.ports.map((port) => port.host).join(",") },
        { title: "DESCRIPTION", value: (service) => service.description },
      ],
      style,
    ),
});
