import { BerthError } from "@berth/shared/errors";
import { expect, it } from "vitest";
import { endWords, stateWords, type ShellState } from "./words.ts";

const lost = new BerthError("node.offline", "The connection to node 'user1' was lost", { hint: "Look at the node" });

it.each<[ShellState, string, string | undefined]>([
  [{ phase: "connecting" }, "Connecting ", undefined],
  [{ phase: "open", quiet: undefined }, "Connected ", undefined],
  [{ phase: "open", quiet: { who: "node", seconds: 14 } }, "The node does not answer for 14 s", undefined],
  [{ phase: "ended", exitCode: 0 }, "Ended ", "The shell has ended with exit code 0."],
  [{ phase: "ended", exitCode: null }, "Ended ", "The shell was ended from outside."],
  [{ phase: "failed", error: lost }, "Not connected ", "The connection to node 'user1' was lost. Look at the node."],
])("%o", (state, shown, end) => {
  const { text, aside } = stateWords(state);
  expect([`${text} ${aside}`, endWords(state)]).toEqual([shown, end]);
});
