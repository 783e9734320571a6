import type { RunSummary } from "@berth/shared/api/runs";
import { expect, it } from "vitest";
import { controllerStandingOf } from "../../test/stand-in/backups.ts";
import { attention, ofBackups, ofController, ofHistory, type Fill } from "./attention.ts";
import { noPendingWork, pendingWork } from "./pending.ts";
import { instanceOf, nodeOf, runOf, stepOf } from "./fixtures.ts";

const now = Date.parse("2026-11-24T06:02:05.000Z");

function said(
  nodes = [nodeOf("user1")],
  instances = [instanceOf("user1-n8n", "user1")],
  failed: RunSummary[] = [],
  fills: Fill[] = [],
  pending = noPendingWork,
): string[] {
  const found = attention({ fleet: "valuechain", nodes, instances }, failed, fills, now, pending);
  return found.map((item) => `${item.severity}: ${item.subject} ${item.text}`);
}

it("has nothing to say about a fleet that is well", () => {
  expect(said()).toEqual([]);
});

it("names a node that is offline once, not each instance on it", () => {
  const unknown = [
    instanceOf("user1-n8n", "user1", { state: "unknown" }),
    instanceOf("user1-flowise", "user1", { state: "unknown" }),
  ];
  expect(said([nodeOf("user1", { state: "offline" })], unknown)).toEqual([
    "problem: user1 offline, last seen 2 min 5 s ago; 2 instances on it",
  ]);
});

it("raises no alarm for what the run that is going on has yet to do, and does for what it failed to", () => {
  const nodes = [nodeOf("user1"), nodeOf("user2", { state: "absent" }), nodeOf("user3", { state: "absent" })];
  const instances = [
    instanceOf("user1-n8n", "user1", { state: "missing" }),
    instanceOf("user1-flowise", "user1", { state: "missing" }),
    instanceOf("user1-openwebui", "user1", { state: "unhealthy" }),
  ];
  const run = runOf(1, "running", [
    stepOf("lxc.ensure/user2"),
    stepOf("lxc.ensure/user3", { state: "failed" }),
    stepOf("instance.ensure/user1-n8n"),
    stepOf("instance.ensure/user1-flowise", { state: "failed" }),
  ]);
  expect(said(nodes, instances, [], [], pendingWork(run))).toEqual([
    "problem: user3 does not exist",
    "problem: user1-flowise is missing",
    "problem: user1-openwebui is unhealthy",
  ]);
});

it("puts problems before warnings", () => {
  const instances = [
    instanceOf("user1-n8n", "user1", { drift: ["env N8N_PORT"] }),
    instanceOf("user1-flowise", "user1", { state: "unhealthy" }),
    instanceOf("user1-open-webui", "user1", { state: "starting" }),
  ];
  const nodes = [nodeOf("user1", { outdated: true, clockSkewMilliseconds: -3_600_000 })];
  expect(said(nodes, instances)).toEqual([
    "problem: user1-flowise is unhealthy",
    "warning: user1 runs an outdated agent (0.1.0)",
    "warning: user1 has a clock that is off by 1 h",
    "warning: user1-n8n departs from its specification: env N8N_PORT",
  ]);
});

it("reports what runs failed", () => {
  const failed = runOf(2, "failed", [stepOf("a/b", { state: "failed" }), stepOf("a/c", { state: "skipped" })]);
  expect(said(undefined, undefined, [failed])).toEqual(["problem: Run 2 failed: 1 step of 2"]);
});

it("warns of what is nearly full, and of nothing that was not measured", () => {
  const fill = { node: "user1", container: null, instance: null };
  const fills: Fill[] = [
    { ...fill, what: "memory", share: 0.89, level: "well" },
    { ...fill, what: "disk", share: 0.96, level: "problem" },
    { ...fill, what: "disk", share: Number.NaN, level: "well" },
    {
      ...{ node: "user1", container: "user1-n8n-worker", instance: "user1-n8n" },
      ...{ what: "memory", share: 0.93, level: "warning" },
    },
  ];
  expect(said(undefined, undefined, undefined, fills)).toEqual([
    "problem: user1 uses 96 % of its disk",
    "warning: user1-n8n-worker uses 93 % of its memory",
  ]);
});

it("says in one line whose backups are amiss, and nothing while they are well", () => {
  const newest = { id: "b", createdAt: "2026-11-23T02:00:00.000Z", bytes: 1, verifiedAt: null, provenAt: null };
  const well = { owner: "user1", newest, failed: null, lateSince: null, provenAt: null };
  const late = { ...well, owner: "user2", lateSince: "2026-11-24T02:02:05.000Z" };
  const failure = { id: "c", run: 4, createdAt: "2026-11-24T02:00:00.000Z", state: "failed" } as const;
  const failed = { ...well, owner: "user3", failed: failure };
  const lines = (owners: Parameters<typeof ofBackups>[0]) =>
    ofBackups(owners, now).map(({ severity, subject, text, href }) => `${severity}: ${subject} ${text} (${href})`);
  expect(lines(undefined)).toEqual([]);
  expect(lines([well, { ...well, newest: null }])).toEqual([]);
  expect(lines([well, late])).toEqual(["warning: Backup of user2: late, due 4 h ago (/backups/user2)"]);
  expect(lines([well, late, failed])).toEqual(["warning: Backups of 2 owners: 1 late, 1 failed (/backups)"]);
});

it("says what is amiss with the controller's own backup, that it was never made, and that nobody has its key", () => {
  const lines = (changes?: Parameters<typeof controllerStandingOf>[1]) =>
    ofController(controllerStandingOf(now, changes), now).map(
      ({ subject, text, href }) => `${subject} ${text} (${href})`,
    );
  expect(ofController(undefined, now)).toEqual([]);
  expect(lines()).toEqual([]);
  expect(lines({ lateSince: "2026-11-24T02:02:05.000Z" })).toEqual([
    "Backup of the controller: late, due 4 h ago (/backups)",
  ]);
  expect(lines({ failed: { id: "c", createdAt: "2026-11-24T02:00:00.000Z", error: "No space left" } })).toEqual([
    "Backup of the controller: failed (/backups)",
  ]);
  expect(lines({ newest: null, recoveryKey: null })).toEqual(["Backup of the controller: none yet (/backups)"]);
  expect(lines({ recoveryKey: { version: 2, shownAt: null } })).toEqual([
    "Recovery key of the controller: nobody has it (/backups)",
  ]);
});

it("says when the history of metrics is not written, and when it had to begin anew", () => {
  const well = { bytes: 1, maxBytes: 2, resolutions: [], problem: null, setAside: null };
  const lines = (changes: object) =>
    ofHistory({ ...well, ...changes }).map(({ subject, text }) => `${subject} ${text}`);
  expect([ofHistory(undefined), lines({})]).toEqual([[], []]);
  expect(lines({ problem: "No space is left" })).toEqual(["History of metrics is not written: No space is left"]);
  expect(lines({ setAside: "/var/lib/berth/metrics.sqlite.damaged-1" })).toEqual([
    "History of metrics was damaged and has begun anew; /var/lib/berth/metrics.sqlite.damaged-1 is what it was",
  ]);
});
