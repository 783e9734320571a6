/** The servers of one service: asked for their health, and taken in turn. */
import { request } from "node:http";
import type { TraefikHealthCheck, TraefikService } from "@berth/shared/routes/traefik";

export interface PoolOptions {
  /** Address that servers see as the router's; left out: the system's choice. */
  localAddress?: string | undefined;
  /** Told when a server's health changes. */
  onChange?: (url: string, healthy: boolean) => void;
}

export interface ServerPool {
  readonly service: TraefikService;
  /** The next healthy server; undefined: there is none. */
  next: () => string | undefined;
  /** Ends the health checks. */
  close: () => void;
}

/** A server is taken for healthy until its first health check says otherwise, as Traefik does. */
export function openPool(service: TraefikService, options: PoolOptions = {}): ServerPool {
  const { servers, healthCheck } = service.loadBalancer;
  const urls = servers.map(({ url }) => url);
  const unhealthy = new Set<string>();
  const ended = new AbortController();
  let turn = 0;

  function record(url: string, healthy: boolean): void {
    if (ended.signal.aborted || unhealthy.has(url) !== healthy) return;
    if (healthy) unhealthy.delete(url);
    else unhealthy.add(url);
    options.onChange?.(url, healthy);
  }

  function checkAll(check: TraefikHealthCheck): void {
    for (const url of urls) {
      void isHealthy(url, check, options.localAddress, ended.signal).then((healthy) => record(url, healthy));
    }
  }

  if (healthCheck !== undefined) {
    const timer = setInterval(checkAll, milliseconds(healthCheck.interval), healthCheck).unref();
    ended.signal.addEventListener("abort", () => clearInterval(timer), { once: true });
    checkAll(healthCheck);
  }

  return {
    service,
    next() {
      const healthy = urls.filter((url) => !unhealthy.has(url));
      const url = healthy[turn % Math.max(1, healthy.length)];
      turn += 1;
      return url;
    },
    close: () => ended.abort(),
  };
}

/** 2xx and 3xx within the timeout. Never rejects. */
function isHealthy(
  url: string,
  { path, timeout }: TraefikHealthCheck,
  localAddress: string | undefined,
  ended: AbortSignal,
): Promise<boolean> {
  return new Promise((resolve) => {
    const signal = AbortSignal.any([ended, AbortSignal.timeout(milliseconds(timeout))]);
    const outgoing = request(new URL(path, url), {
      agent: false,
      signal,
      ...(localAddress === undefined ? {} : { localAddress }),
    });
    outgoing.once("response", (answer) => {
      const { statusCode = 0 } = answer;
      answer.destroy();
      resolve(statusCode >= 200 && statusCode < 400);
    });
    outgoing.on("error", () => resolve(false));
    outgoing.end();
  });
}

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** Of a duration with one unit: 5s, 1500ms. */
export function milliseconds(duration: string): number {
  const [, number = "", unit = ""] = /^(\d+)(ms|s|m|h)$/.exec(duration) ?? [];
  const factor = Object.entries(units).find(([name]) => name === unit)?.[1];
  if (factor === undefined) throw new RangeError(`'${duration}' is no duration`);
  return Number(number) * factor;
}
