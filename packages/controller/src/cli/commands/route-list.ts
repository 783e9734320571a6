import { listRoutes, type RouteResult, testRoutes } from "@berth/shared/api/routes";
import type { Client } from "../client/client.ts";
import { defineCommand } from "../define-command.ts";
import { routeFailure, routeLines, type TestedRoute } from "../render/route.ts";

export default defineCommand({
  details:
    "A route is published while an instance behind it is healthy, and neither it nor its tenant is suspended. " +
    "The controller asks for each one as its users do: by its name, through the router that the fleet file names " +
    "(routes.router), for the service's health page. It ends with exit code 8 when one does not answer. " +
    'With --json: {"routes": [{"host", "url", "instance", "service", "tenant", "servers": [{"instance", "address", "port", "state"}], ' +
    '"state", "reason", "test": {"outcome", "status", "milliseconds", "reason"} or null, …}], "router"}.',
  options: {
    untested: { kind: "flag", description: "Only list them" },
    patience: {
      kind: "integer",
      value: "SECONDS",
      minimum: 0,
      maximum: 40,
      default: 0,
      description: "How long one that does not answer is tried again",
    },
  },
  examples: [
    { command: "berth route list", does: "which names lead where, and whether they answer" },
    {
      command: `berth route list --untested --json | jq -r '.routes[] | select(.state == "withdrawn") | .host'`,
      does: "names that are not published at this moment",
    },
  ],
  async run({ client, input, note }) {
    const connected = await client();
    const { routes, router } = await connected.call(listRoutes, {});
    const results = input.untested || routes.length === 0 ? [] : await test(connected, input.patience);
    if (results.length > 0 && router === null) note(...withoutRouter(results));
    return { routes: routes.map((route): TestedRoute => ({ ...route, test: resultOf(route.host, results) })), router };
  },
  render: ({ routes }, options) => routeLines(routes, options),
  failure: ({ routes }) => routeFailure(routes),
});

async function test(client: Client, patienceSeconds: number): Promise<RouteResult[]> {
  return (await client.call(testRoutes, { body: { patienceSeconds } })).results;
}

function resultOf(host: string, results: readonly RouteResult[]): RouteResult | null {
  return results.find((result) => result.host === host) ?? null;
}

function withoutRouter(results: readonly RouteResult[]): string[] {
  const asked = results.some(({ status }) => status !== null);
  return asked
    ? ["No router is configured (routes.router in the fleet file): the instances were asked at their own addresses."]
    : ["No router is configured: name it in the fleet file (routes.router), and its routes are tested."];
}
