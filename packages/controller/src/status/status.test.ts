import { expect, test } from "vitest";
import type { InstanceRecord } from "../inventory/instances.ts";
import { instanceStatus } from "./status.ts";

const record: InstanceRecord = {
  name: "user1-n8n",
  service: "n8n",
  version: "2.41.1",
  node: "user1",
  tenant: "user1",
  ports: [5678],
  desiredHash: "wanted",
  state: "healthy",
  observedHash: "wanted",
  observedVersion: "2.41.1",
  drift: [],
  containers: [],
  observedAt: null,
};

test.each([
  ["as the file says", {}, []],
  ["made of something else", { observedHash: "former" }, ["the fleet file's change is not carried out yet"]],
  [
    "made of something else, and edited",
    { observedHash: "former", drift: ["image"] },
    ["image", "the fleet file's change is not carried out yet"],
  ],
  ["never seen", { observedHash: null }, []],
  ["removed", { observedHash: "" }, []],
  ["not in the file any more", { desiredHash: null }, []],
] as const)("an instance that is %s", (_, change, drift) => {
  expect(
    instanceStatus({ ...record, ...change, drift: [...("drift" in change ? change.drift : [])] }, undefined).drift,
  ).toEqual(drift);
});
