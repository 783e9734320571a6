import { expect, test } from "vitest";
import { exampleFleet } from "../plan/test-fixtures.ts";
import { misplacedNodes } from "./seen-addresses.ts";

const fleet = exampleFleet();
fleet.nodes["user9"] = { address: "10.0.6.19", ssh: false };

test.each([null, "10.0.6.19", "::ffff:10.0.6.19", "127.0.0.1"])(
  "an agent that connects from %s is in its place",
  (seen) => {
    expect(misplacedNodes(fleet, (node) => (node === "user9" ? seen : null))).toEqual([]);
  },
);

test("an agent that connects from elsewhere is told, where no SSH has proved the address", () => {
  expect(misplacedNodes(fleet, () => "::ffff:10.0.6.14")).toEqual([
    "node 'user9' has the address 10.0.6.19, but its agent connects from 10.0.6.14; unless 10.0.6.19 leads there, " +
      "`berth node remove user9` and join it again with its own address",
  ]);
});
