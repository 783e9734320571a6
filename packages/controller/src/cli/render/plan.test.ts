import { expect, test } from "vitest";
import { operation } from "../testing/fixtures.ts";
import { planLines, removals } from "./plan.ts";
import { createStyle, plainStyle } from "./style.ts";

const plan = {
  operations: [
    operation({ kind: "lxc.ensure", target: "user1", reason: "node user1 has no LXC" }),
    operation({ kind: "database.ensure", node: "shared", target: "user1_n8n", reason: "user1-n8n needs it" }),
    operation({ kind: "image.ensure", target: "docker.io/n8nio/n8n:2.41.3", reason: "is not on the node" }),
    operation({ change: "update", reason: "version 2.40.0 -> 2.41.3" }),
    operation({
      kind: "instance.remove",
      change: "remove",
      node: "user3",
      target: "user3-flowise",
      reason: "not in the file",
    }),
    operation({
      kind: "database.remove",
      change: "remove",
      node: null,
      target: "user3_flowise",
      reason: "not in the file",
    }),
  ],
  warnings: ["node user2 is offline: planned from what it last said"],
};

test("a plan reads by node, with a sign and a reason for each operation", () => {
  expect(planLines(plan, plainStyle)).toEqual([
    "user1",
    "  + create LXC user1                       node user1 has no LXC",
    "  + pull image docker.io/n8nio/n8n:2.41.3  is not on the node",
    "  ~ update instance user1-n8n              version 2.40.0 -> 2.41.3",
    "shared",
    "  + create database user1_n8n              user1-n8n needs it",
    "user3",
    "  - remove instance user3-flowise          not in the file",
    "controller",
    "  - remove database user3_flowise          not in the file",
    "",
    "6 operations on 3 nodes: 3 to create, 1 to update, 2 to remove.",
    "warning: node user2 is offline: planned from what it last said",
  ]);
});

test("an empty plan says so", () => {
  expect(planLines({ operations: [], warnings: [] }, plainStyle)).toEqual([
    "Nothing to do: the fleet is as it should be.",
  ]);
});

test("removals are named as things", () => {
  expect(removals(plan)).toEqual(["instance user3-flowise", "database user3_flowise"]);
});

test("a name cannot steer the terminal; our own colours can", () => {
  const hostile = { operations: [operation({ target: "n8n\u001b[2J\u001b]0;owned\u0007" })], warnings: [] };
  const [, line] = planLines(hostile, createStyle(true));
  expect(line).toBe("  \u001b[32m+ create instance n8n\u001b[39m  \u001b[2mis missing\u001b[22m");
});
