/** Routes as a table. Pure. */
import type { Route, RouteResult } from "@berth/shared/api/routes";
import { BerthError } from "@berth/shared/errors";
import type { RenderOptions } from "../define-command.ts";
import { table } from "./table.ts";
import { count } from "./text.ts";

/** A route with what came of asking for it; null: it was not asked for. */
export type TestedRoute = Route & { test: RouteResult | null };

export function routeLines(
  routes: readonly TestedRoute[],
  { style, fit }: Pick<RenderOptions, "style" | "fit">,
): string[] {
  if (routes.length === 0) return ["No routes: no instance of the fleet has one."];
  const tested = routes.some(({ test }) => test !== null);
  return [
    ...table(
      routes,
      [
        { title: "URL", value: ({ url }) => url },
        { title: "INSTANCE", value: ({ servers }) => servers.map(({ instance }) => instance).join(","), leaveOut: 2 },
        {
          title: "TARGET",
          value: ({ servers }) => servers.map(({ address, port }) => `${address}:${port}`).join(","),
          leaveOut: 1,
        },
        { title: "STATE", value: ({ state }) => state, paint: (text, route) => style[stateColour(route)](text) },
        tested
          ? { title: "TEST", value: testText, paint: (text, route) => style[testColour(route)](text), cutTo: 8 }
          : { title: "REASON", value: ({ reason }) => reason, cutTo: 8 },
      ],
      style,
      fit,
    ),
    ...(tested ? ["", summaryLine(routes)] : []),
  ];
}

/** undefined: every route that was asked for answers. */
export function routeFailure(routes: readonly TestedRoute[]): BerthError | undefined {
  const failed = routes.filter(({ test }) => test?.outcome === "failed");
  const [first] = failed;
  if (first === undefined) return undefined;
  const others = failed.length === 1 ? "" : `, nor ${failed.length === 2 ? "does" : "do"} ${failed.length - 1} more`;
  return new BerthError("route.failed", `${first.host} does not answer${others}: ${first.test?.reason}`, {
    hint: "`berth status` shows the instances; `berth route token` shows how Traefik is set up.",
  });
}

function testText({ test }: TestedRoute): string | null {
  if (test === null) return null;
  return test.outcome === "answered" ? `HTTP ${test.status} in ${test.milliseconds} ms` : test.reason;
}

function stateColour({ state, suspended }: TestedRoute): "green" | "yellow" | "red" {
  if (state === "published") return "green";
  return suspended ? "yellow" : "red";
}

function testColour({ test }: TestedRoute): "green" | "yellow" | "red" {
  if (test?.outcome === "answered") return "green";
  return test?.outcome === "failed" ? "red" : "yellow";
}

/** `11 of 13 routes answered (1 failed, 1 not tested).` */
function summaryLine(routes: readonly TestedRoute[]): string {
  const number = (outcome: RouteResult["outcome"]): number =>
    routes.filter(({ test }) => test?.outcome === outcome).length;
  const others = [
    ...(number("failed") === 0 ? [] : [`${number("failed")} failed`]),
    ...(number("untested") === 0 ? [] : [`${number("untested")} not tested`]),
  ];
  const rest = others.length === 0 ? "" : ` (${others.join(", ")})`;
  return `${number("answered")} of ${count(routes.length, "route")} answered${rest}.`;
}
