import { expect, test } from "vitest";
import { run, step } from "../testing/fixtures.ts";
import { testTime } from "../testing/terminal.ts";
import { progressLines } from "./progress.ts";
import { plainStyle } from "./style.ts";

const image = step({
  id: "image.ensure/user1/n8n",
  kind: "image.ensure",
  target: "n8n:2.41.3",
  state: "running",
  attempt: 1,
  startedAt: "2026-11-24T06:31:04.000Z",
  progress: "layer 3 of 9",
});
const database = step({
  id: "database.ensure/user1_n8n",
  kind: "database.ensure",
  node: "shared",
  target: "user1_n8n",
  state: "succeeded",
});
const instance = step({ after: [database.id, image.id] });
const failed = step({
  id: "lxc.ensure/user2",
  kind: "lxc.ensure",
  node: "user2",
  target: "user2",
  state: "failed",
  attempt: 3,
  error: { code: "proxmox.failed", message: "storage local-lvm is full", hint: "Free some space" },
});
const skipped = step({
  id: "agent.ensure/user2",
  kind: "agent.ensure",
  node: "user2",
  target: "user2",
  state: "skipped",
  after: [failed.id],
});
const mixed = run([database, image, instance, failed, skipped]);
const screen = { now: testTime, columns: 100, rows: 30, style: plainStyle };

test("running with time and last word, waiting with what it waits for, failed in full, done as a count", () => {
  expect(progressLines(mixed, screen)).toEqual([
    "Run 12 running  3/5 done, 1 running, 1 waiting, 1 failed  12s",
    "shared  ✓ 1 done",
    "user1  0/2 done",
    "  ▸ pull image n8n:2.41.3  8s  layer 3 of 9",
    "  · create instance user1-n8n  waits for pull image n8n:2.41.3",
    "user2  0/2 done",
    "  ✗ create LXC user2  after 3 attempts",
    "    proxmox.failed: storage local-lvm is full",
    "    hint: Free some space",
    "  ○ install agent user2  skipped",
  ]);
});

test("a step that nothing holds back waits for its turn", () => {
  expect(progressLines(run([step({ after: [] })]), screen)[2]).toBe(
    "  · create instance user1-n8n  waits for its turn",
  );
});

test("several things that a step waits for are counted", () => {
  const two = [step({ id: "a", target: "a" }), step({ id: "b", target: "b" }), step({ after: ["a", "b"] })];
  expect(progressLines(run(two), screen)[4]).toBe(
    "  · create instance user1-n8n  waits for create instance a (and 1 more)",
  );
});

test("lines are cut to the width of the terminal", () => {
  const lines = progressLines(mixed, { ...screen, columns: 30 });
  expect(lines[3]).toBe("  ▸ pull image n8n:2.41.3  8s…");
});

/** Twenty nodes: one running, one failed, nine done, nine waiting, each with three steps. */
const large = run(
  Array.from({ length: 20 }, (_, node) =>
    Array.from({ length: 3 }, (__, index) => {
      const state = node === 0 ? "running" : node === 1 ? "failed" : node < 11 ? "succeeded" : "waiting";
      return step({ id: `${node}/${index}`, node: `node${node}`, target: `n${node}-s${index}`, state });
    }),
  ).flat(),
);

test("on a low terminal the least telling lines go first", () => {
  expect(progressLines(large, { ...screen, rows: 12 })).toEqual([
    "Run 12 running  30/60 done, 3 running, 27 waiting, 3 failed  12s",
    "node0  0/3 done",
    "  ▸ create instance n0-s0",
    "  ▸ create instance n0-s1",
    "  ▸ create instance n0-s2",
    "node1  0/3 done",
    "  ✗ create instance n1-s0",
    "  ✗ create instance n1-s1",
    "  ✗ create instance n1-s2",
    "other nodes: 9 done, 9 waiting",
  ]);
});

test("no picture is higher than the terminal, and a cut says how much is missing", () => {
  for (let rows = 1; rows <= 70; rows += 1) {
    expect(progressLines(large, { ...screen, rows }).length).toBeLessThanOrEqual(rows);
  }
  expect(progressLines(large, { ...screen, rows: 4 })).toEqual([
    "Run 12 running  30/60 done, 3 running, 27 waiting, 3 failed  12s",
    "node0  0/3 done",
    "  ▸ create instance n0-s0",
    "… 7 more lines",
  ]);
});
