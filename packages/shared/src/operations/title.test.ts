import { expect, test } from "vitest";
import { operationTitle } from "./title.ts";

test.each([
  ["lxc.ensure", "create", "create LXC it"],
  ["lxc.ensure", "update", "update LXC it"],
  ["agent.ensure", "create", "install agent it"],
  ["image.ensure", "create", "pull image it"],
  ["image.ensure", "repair", "repair image it"],
  ["instance.remove", "remove", "remove instance it"],
  ["firewall.ensure", "update", "update firewall of it"],
  ["instance.upgrade", "upgrade", "upgrade instance it"],
  ["upgrade.conclude", "verify", "conclude upgrade of it"],
  ["backup.drill", "verify", "prove data of it"],
  // Of a newer controller: readable all the same.
  ["route.ensure", "create", "create route it"],
  ["route", "create", "create route it"],
] as const)("%s, %s: %s", (kind, change, title) => {
  expect(operationTitle({ kind, change, target: "it" })).toBe(title);
});
