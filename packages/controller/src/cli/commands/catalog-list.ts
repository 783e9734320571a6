import { defineCommand } from "../define-command.ts";
import { knownServices } from "../known-services.ts";
import { catalogLines } from "../render/catalog.ts";

export default defineCommand({
  details:
    "With the own services of the applied fleet, marked, where a controller is in reach. MEMORY is the limit of all containers, NEEDS the shared services without which it does not start. " +
    'With --json: {"services": [{…, "own": false}]}, each as it is defined.',
  examples: [{ command: "berth catalog list", does: "services with their pinned versions, ports and memory" }],
  async run(context) {
    const { services, fleet } = await knownServices(context);
    return { services: [...services.values()], own: new Set(Object.keys(fleet?.catalog ?? {})), fleet };
  },
  present: ({ services, own }) => ({
    services: services.map((service) => Object.assign({}, service, { own: own.has(service.name) })),
  }),
  render: ({ services, own, fleet }, options) =>
    catalogLines(services, { names: own, fleet: fleet?.fleet ?? null }, options),
});
