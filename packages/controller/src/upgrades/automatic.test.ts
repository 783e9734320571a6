import { catalog } from "@berth/shared/catalog/index";
import type { InstanceCheck } from "@berth/shared/api/upgrades";
import { expect, test } from "vitest";
import { automaticUpgrades, isCheckDue, isWindowOpen, nextMoment, type AutomaticQuestion } from "./automatic.ts";
import { pastMove } from "./test-world.ts";

const at = (time: string) => Date.parse(`2026-11-${time}:00Z`);
const times = { check: "0 5 * * *", timeZone: "UTC", window: { start: "0 3 * * 0", hours: 3 } };

function instance(changes: Partial<InstanceCheck> = {}): InstanceCheck {
  return {
    ...{ instance: "user1-n8n", service: "n8n", version: "2.41.1", patch: "2.41.3", minor: "2.42.0", major: "3.0.0" },
    ...{ rebuilt: null, held: false, notes: [] },
    ...changes,
  };
}

function begun(instances: InstanceCheck[], changes: Partial<AutomaticQuestion> = {}): string[] {
  const upgrades = { automatic: "patch" } as const;
  const checked = { services: [], instances };
  return automaticUpgrades({ upgrades, services: ["n8n"], catalog, checked, past: [], ...changes }).map(
    ({ service, version, only }) => `${service} ${version} ${only.join(",") || "all"}`,
  );
}

test("registries are asked once each morning, and after a morning that was missed", () => {
  expect(isCheckDue(times, at("24T05:01"), at("24T23:00"))).toBe(false);
  expect(isCheckDue(times, at("24T05:01"), at("25T05:01"))).toBe(true);
  expect(isCheckDue(times, at("20T05:01"), at("24T04:00"))).toBe(true);
});

test("the window is open for its hours, and always where there is none", () => {
  // The 29th is a Sunday.
  expect(
    [at("29T02:59"), at("29T03:01"), at("29T05:59"), at("29T06:01")].map((now) => isWindowOpen(times, now)),
  ).toEqual([false, true, true, false]);
  expect(isWindowOpen({ ...times, timeZone: "Europe/Amsterdam" }, at("29T02:30"))).toBe(true);
  expect(isWindowOpen({ check: times.check, timeZone: "UTC" }, at("24T12:00"))).toBe(true);
  expect(nextMoment(times, at("29T01:00"))).toBe(at("29T03:00"));
});

test("nothing unless the fleet says so; then as far as it says", () => {
  expect(begun([instance()], { upgrades: { automatic: "none" } })).toEqual([]);
  expect(begun([instance()])).toEqual(["n8n 2.41.3 all"]);
  expect(begun([instance()], { upgrades: { automatic: "minor" } })).toEqual(["n8n 2.42.0 all"]);
  expect(begun([instance({ minor: null })], { upgrades: { automatic: "minor" } })).toEqual(["n8n 2.41.3 all"]);
  expect(begun([instance({ patch: null })])).toEqual([]);
});

test("never what is held, another service, or a version that any instance went back from", () => {
  expect(begun([instance(), instance({ instance: "user2-n8n", held: true })])).toEqual(["n8n 2.41.3 all"]);
  expect(begun([instance({ service: "flowise" })])).toEqual([]);
  expect(begun([instance()], { upgrades: { automatic: "patch", services: ["flowise"] } })).toEqual([]);
  const past = [pastMove({ instance: "user3-n8n", toVersion: "2.41.3", outcome: "went-back" })];
  expect(begun([instance()], { past })).toEqual([]);
});

test("instances on several versions get there in several upgrades", () => {
  const older = instance({ instance: "user2-n8n", version: "2.40.1", patch: "2.40.7" });
  expect(begun([instance(), older])).toEqual(["n8n 2.41.3 user1-n8n", "n8n 2.40.7 user2-n8n"]);
});

test("where no minor version is skipped, patches only", () => {
  const qdrant = instance({ service: "qdrant", patch: null, minor: "v1.21.0" });
  expect(begun([qdrant], { upgrades: { automatic: "minor", services: ["qdrant"] } })).toEqual([]);
});
