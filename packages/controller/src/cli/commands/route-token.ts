import { getTraefikProvider, type TraefikProvider } from "@berth/shared/api/routes";
import { stringify } from "yaml";
import { defineCommand } from "../define-command.ts";

export default defineCommand({
  details:
    "Prints what belongs into Traefik's static configuration (traefik.yml). The token reads the routes and nothing else; " +
    "Traefik keeps the routes it has while the controller does not answer. " +
    'With --json: {"endpoint", "ca", "token"}; token is null without --show-token.',
  options: { showToken: { kind: "flag", description: "Print the token itself, too" } },
  examples: [
    { command: "berth route token", does: "what Traefik's HTTP provider needs" },
    { command: "berth route token --show-token > provider.yml", does: "the same, ready for use" },
  ],
  async run({ client, input, note, json }) {
    const provider = await (
      await client()
    ).call(getTraefikProvider, { query: { token: input.showToken ? "true" : "false" } });
    if (provider.token === null && !json) note("The token is left out; --show-token prints it.");
    return provider;
  },
  render: (provider) => stringify(staticConfiguration(provider)).trimEnd().split("\n"),
});

/** https://doc.traefik.io/traefik/providers/http/ */
function staticConfiguration({ endpoint, ca, token }: TraefikProvider) {
  return {
    providers: {
      http: {
        endpoint,
        pollInterval: "2s",
        pollTimeout: "5s",
        headers: { Authorization: `Bearer ${token ?? "TOKEN"}` },
        tls: { ca },
      },
    },
  };
}
