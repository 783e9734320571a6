import { BerthError } from "@berth/shared/errors";
import { suggest } from "@berth/shared/fleet/suggest";
import { defineCommand } from "../define-command.ts";
import { knownServices } from "../known-services.ts";
import { serviceLines, type ShownService } from "../render/service.ts";

export default defineCommand({
  details:
    "What it is made of, what it needs, which other services it is connected to, what is backed up and how it is upgraded. ${…} stands for what is known only once an instance is made; `berth fleet schema --service` describes such a definition. " +
    'With --json: the definition, and "own" for a service that the applied fleet defines.',
  arguments: { service: { description: "Name of the service", completes: "service" } },
  examples: [{ command: "berth catalog show n8n", does: "what n8n is made of" }],
  async run({ input, ...context }): Promise<ShownService> {
    const { services, fleet } = await knownServices(context);
    const service = services.get(input.service);
    if (service === undefined) {
      const meant = suggest(input.service, services.keys());
      throw new BerthError("not-found", `The catalog has no service '${input.service}'.`, {
        hint: `${meant === undefined ? "" : `Did you mean '${meant}'? `}\`berth catalog list\` shows all.`,
      });
    }
    const own = fleet !== null && Object.hasOwn(fleet.catalog, service.name);
    return { service, own, fleet, titleOf: (name) => services.get(name)?.title ?? name };
  },
  present: ({ service, own }) => ({ ...service, own }),
  render: serviceLines,
});
