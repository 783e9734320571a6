import { expect, test, vi } from "vitest";
import { milliseconds, openPool } from "./pool.ts";
import { startNamedServer } from "./testing/server.ts";

test("servers are taken in turn", () => {
  const urls = ["http://10.0.6.11:1", "http://10.0.6.12:1"];
  const pool = openPool({ loadBalancer: { servers: urls.map((url) => ({ url })) } });
  expect([pool.next(), pool.next(), pool.next(), pool.next()]).toEqual([...urls, ...urls]);
});

test("an unhealthy server is passed over until it is healthy again; without one there is none to take", async () => {
  await using one = await startNamedServer("one");
  await using other = await startNamedServer("other");
  one.health.status = 503;
  const onChange = vi.fn();
  const servers = [{ url: one.url }, { url: other.url }];
  const healthCheck = { path: "/healthz", interval: "20ms", timeout: "2s" };
  const pool = openPool({ loadBalancer: { servers, healthCheck } }, { localAddress: "127.0.0.1", onChange });
  const taken = () => new Set([pool.next(), pool.next()]);
  await vi.waitFor(() => expect(taken()).toEqual(new Set([other.url])));
  one.health.status = 302;
  await vi.waitFor(() => expect(taken()).toEqual(new Set([one.url, other.url])));
  one.server.closeAllConnections();
  one.server.close();
  other.health.status = 500;
  await vi.waitFor(() => expect(taken()).toEqual(new Set([undefined])));
  pool.close();
  expect(onChange.mock.calls.slice(0, 2)).toEqual([
    [one.url, false],
    [one.url, true],
  ]);
});

test.each([
  ["250ms", 250],
  ["5s", 5000],
  ["2m", 120_000],
  ["1h", 3_600_000],
])("%s", (duration, expected) => {
  expect(milliseconds(duration)).toBe(expected);
});

test("what is no duration is refused", () => {
  expect(() => milliseconds("5")).toThrow("'5' is no duration");
});
