import { expect, it } from "vitest";
import type { NodePresence } from "../types.ts";
import { PresenceWriter } from "./presence-writer.ts";

type Saved = readonly { node: string; online: boolean }[];

function presence(node: string, state: NodePresence["state"] = "online"): NodePresence {
  return { node, state } as NodePresence;
}

/** Ends each commit when it is told to. */
function slowStore() {
  const commits: { saved: Saved; end: () => void; fail: (error: Error) => void }[] = [];
  const saveAgents = async (records: Saved) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    commits.push({ saved: records.map(({ node, online }) => ({ node, online })), end: resolve, fail: reject });
    await promise;
  };
  return { commits, writer: new PresenceWriter({ saveAgents }) };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

it("writes together what has changed while it wrote, each node as it was last", async () => {
  const { commits, writer } = slowStore();
  const first = writer.save([presence("user1")]);
  await settle();
  const second = writer.save([presence("user2"), presence("user1", "offline")]);
  void writer.save([presence("user2", "offline")]);
  commits[0]?.end();
  await settle();
  commits[1]?.end();
  await Promise.all([first, second]);
  expect(commits.map(({ saved }) => saved)).toEqual([
    [{ node: "user1", online: true }],
    [
      { node: "user2", online: false },
      { node: "user1", online: false },
    ],
  ]);
});

it("writes many in several commits, and lets others have their turn between", async () => {
  const { commits, writer } = slowStore();
  const all = writer.save(Array.from({ length: 250 }, (_, index) => presence(`node${index}`)));
  for (let done = 0; done < 3; done += 1) {
    await settle();
    commits[done]?.end();
  }
  await all;
  expect(commits.map(({ saved }) => saved.length)).toEqual([100, 100, 50]);
});

it("tells of a failure, and writes what it cost with the next", async () => {
  const { commits, writer } = slowStore();
  const failing = writer.save([presence("user1")]);
  await settle();
  commits[0]?.fail(new Error("the disk is full"));
  await expect(failing).rejects.toThrow("the disk is full");
  const next = writer.save([presence("user2")]);
  await settle();
  commits[1]?.end();
  await next;
  expect(commits[1]?.saved).toEqual([
    { node: "user1", online: true },
    { node: "user2", online: true },
  ]);
});
