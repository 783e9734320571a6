/** Lines keep within the terminal's columns, and are whole where there is none. */
import type { Route } from "@berth/shared/api/routes";
import { expect, test } from "vitest";
import { run, step } from "../testing/fixtures.ts";
import { testTime } from "../testing/terminal.ts";
import { routeLines } from "./route.ts";
import { runStepsLines } from "./run-steps.ts";
import { plainStyle } from "./style.ts";
import { table } from "./table.ts";

const narrow = { style: plainStyle, now: testTime, fit: 80 };
const whole = { ...narrow, fit: Infinity };
const widest = (lines: readonly string[]) => Math.max(...lines.map((line) => line.length));

test("a table leaves columns out in their order, then cuts, and never below a title", () => {
  const columns = [
    { title: "NAME", value: () => "n".repeat(20) },
    { title: "SECOND", value: () => "second", leaveOut: 2 },
    { title: "FIRST", value: () => "first", leaveOut: 1 },
    { title: "LONG TITLE", value: () => "l".repeat(40), cutTo: 4 },
  ];
  const lines = (fit: number) => table([0], columns, plainStyle, fit);
  expect(lines(Infinity)[0]).toMatch(/^NAME +SECOND +FIRST +LONG TITLE$/);
  expect(lines(70)).toEqual([
    `NAME${" ".repeat(18)}SECOND  LONG TITLE`,
    `${"n".repeat(20)}  second  ${"l".repeat(40)}`,
  ]);
  expect(lines(40)).toEqual([`NAME${" ".repeat(18)}LONG TITLE`, `${"n".repeat(20)}  ${"l".repeat(17)}…`]);
  expect(lines(34)[0]).toBe(`NAME${" ".repeat(18)}LONG TITLE`);
  expect(widest(lines(10))).toBe(10);
});

test("a route keeps its name and what came of asking for it", () => {
  const url = "https://test-user1-openwebui.valuechainhackers.xyz";
  const route: Route = {
    ...{ host: url.slice(8), url, service: "openwebui", tenant: "user1", instance: "user1-openwebui" },
    servers: [
      {
        instance: "user1-openwebui",
        node: "user1",
        address: "10.0.6.11",
        port: 3000,
        state: "healthy",
        upgrading: false,
      },
    ],
    healthCheck: { path: "/health", timeoutSeconds: 5 },
    ...{ state: "published", reason: null, suspended: false },
  };
  const answered = { host: route.host, outcome: "answered", status: 200, milliseconds: 12, reason: null } as const;
  const lines = routeLines([{ ...route, test: answered }], narrow);
  expect(lines[1]).toBe(`${url}  published  HTTP 200 in 12 ms`);
  expect(widest(lines)).toBeLessThanOrEqual(80);
  expect(routeLines([{ ...route, test: answered }], whole)[1]).toContain("user1-openwebui  10.0.6.11:3000");
});

test("steps lose the end of their reasons first, then of their titles", () => {
  const image = `registry.example.org/some/where/an-image-with-a-long-name:${"1".repeat(40)}`;
  const pull = step({ kind: "image.ensure", target: image, state: "succeeded", reason: "is not on the node" });
  const other = step({ reason: "version 2.40.0 -> 2.41.3, and some more that is not what the fleet says it is" });
  expect(widest(runStepsLines(run([other]), narrow))).toBe(80);
  const lines = runStepsLines(run([pull, other]), narrow);
  expect(widest(lines)).toBeLessThanOrEqual(80);
  expect(lines[1]).toContain("pull image registry.example.org/");
  expect(runStepsLines(run([pull]), whole)[1]).toContain(image);
});
