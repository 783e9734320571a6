/** Asks for routes as their users do: through the router, by name. */
import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import pLimit from "p-limit";
import type { Route, RouteResult } from "@berth/shared/api/routes";
import type { Fleet } from "@berth/shared/fleet/schema";
import { failureReason, statusReason } from "./test-reasons.ts";

export interface TestOptions {
  /** Ends the tests: what has no answer then has failed. */
  signal: AbortSignal;
  /** PEM of what the router's certificate is measured by; left out: the machine's CAs. */
  ca?: string | undefined;
  /** A router learns of a route with a delay: how long one that does not answer is tried again. */
  patienceMilliseconds?: number;
  /** For one answer. */
  requestMilliseconds?: number;
}

/** Where a route is asked for. */
interface Door {
  protocol: "http:" | "https:";
  address: string;
  port: number;
}

const defaultRequestMilliseconds = 5000;
const betweenTriesMilliseconds = 500;
const atOnce = 8;

/**
 * The results in the order of the routes. Without a router in the fleet, an instance is asked at its own address; of a
 * router that is not named but reads files, nothing is tested, nor what is suspended. Never throws.
 */
export async function testRoutes(
  fleet: Fleet,
  routes: readonly Route[],
  { signal, ca, patienceMilliseconds = 0, requestMilliseconds = defaultRequestMilliseconds }: TestOptions,
): Promise<RouteResult[]> {
  const limit = pLimit(atOnce);
  const end = performance.now() + patienceMilliseconds;
  const test = async (route: Route): Promise<RouteResult> => {
    if (route.suspended) return untested(route, `${route.reason}`);
    if (route.state === "withdrawn") return failed(route, `it is withdrawn: ${route.reason}`);
    const door = doorOf(fleet, route);
    if (door === null) return untested(route, "no router is named in the fleet file: routes.router");
    for (;;) {
      // Waiting takes no place from those that are being asked.
      const result = await limit(() => ask(route, door, { signal, ca, requestMilliseconds }));
      const isOver = performance.now() + betweenTriesMilliseconds > end || signal.aborted;
      if (result.outcome === "answered" || isOver) return result;
      await sleep(betweenTriesMilliseconds);
    }
  };
  return Promise.all(routes.map(test));
}

/** null: nobody here knows where the route's router is. Pure. */
function doorOf({ routes: { router, directory } }: Fleet, { servers }: Route): Door | null {
  if (router !== undefined) {
    return { protocol: router.tls ? "https:" : "http:", address: router.address, port: router.port };
  }
  const server = servers.find(({ state }) => state === "healthy");
  if (directory !== undefined || server === undefined) return null;
  return { protocol: "http:", address: server.address, port: server.port };
}

interface AskOptions {
  signal: AbortSignal;
  ca: string | undefined;
  requestMilliseconds: number;
}

async function ask(route: Route, door: Door, options: AskOptions): Promise<RouteResult> {
  const begun = performance.now();
  const deadline = AbortSignal.timeout(options.requestMilliseconds);
  try {
    const answer = await get(route, door, options.ca, AbortSignal.any([options.signal, deadline]));
    const status = answer.statusCode ?? 0;
    // Only the head is wanted; what follows may be endless.
    answer.destroy();
    const reason = statusReason(status, route);
    const milliseconds = Math.round(performance.now() - begun);
    return { host: route.host, outcome: reason === null ? "answered" : "failed", status, milliseconds, reason };
  } catch (error) {
    const reason = deadline.aborted
      ? `no answer from ${door.address}:${door.port} within ${options.requestMilliseconds / 1000} s`
      : options.signal.aborted
        ? "the test was ended before it answered"
        : failureReason(error, door);
    return failed(route, reason);
  }
}

/** A connection of its own for each: two names never share one, as two users do not. */
function get(route: Route, door: Door, ca: string | undefined, signal: AbortSignal): Promise<IncomingMessage> {
  const options: RequestOptions = {
    host: door.address,
    port: door.port,
    path: route.healthCheck?.path ?? "/",
    headers: { host: new URL(route.url).host, "user-agent": "Berth" },
    agent: false,
    signal,
  };
  return new Promise((resolve, reject) => {
    const outgoing =
      door.protocol === "http:"
        ? httpRequest(options)
        : httpsRequest({
            ...options,
            servername: route.host,
            // A certificate that is given itself, and not its CA, ends the chain too.
            ...(ca === undefined ? {} : { ca, allowPartialTrustChain: true }),
          });
    outgoing.once("response", resolve);
    outgoing.on("error", reject);
    outgoing.end();
  });
}

function failed({ host }: Route, reason: string): RouteResult {
  return { host, outcome: "failed", status: null, milliseconds: null, reason };
}

function untested({ host }: Route, reason: string): RouteResult {
  return { host, outcome: "untested", status: null, milliseconds: null, reason };
}
