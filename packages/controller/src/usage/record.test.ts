import { BerthError } from "@berth/shared/errors";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { groupOfHolding, type Holding } from "../metrics/history/holding.ts";
import { createRecorder, holdingsToKeep, type RecorderDependencies } from "./record.ts";
import type { StoreUsage } from "./usage.ts";

const readAt = "2026-11-24T12:00:00.000Z";
const usage: StoreUsage = {
  ...{ readAt, models: [], unread: [] },
  databases: [
    {
      ...{ server: "shared-postgres", tenant: "user1", instance: "user1-n8n", database: "user1_n8n", bytes: 100 },
      ...{ connections: 3, connectionLimit: 20, counts: { workflows: 0, executions: 12 } },
    },
    {
      ...{ server: "shared-postgres", tenant: null, instance: "shared-langfuse", database: "shared_langfuse" },
      ...{ bytes: 7, connections: 1, connectionLimit: null, counts: {} },
    },
  ],
  collections: [
    { server: "shared-qdrant", tenant: "user1", instance: "user1-flowise", collection: "user1_flowise", points: 7 },
  ],
  buckets: [
    {
      ...{ server: "shared-minio", tenant: "user1", owner: "user1", bucket: "user1-uploads", bytes: 50, objects: 2 },
      ...{ quotaBytes: null, fullAt: null, countedAt: readAt },
    },
    {
      ...{ server: "shared-minio", tenant: "user1", owner: "user1", bucket: "user1-new", bytes: 0, objects: 0 },
      ...{ quotaBytes: null, fullAt: null, countedAt: null },
    },
  ],
};

let added: [at: number, names: string[]][];
let failures: unknown[];
let asked: number;
let onDisks: Holding[];
beforeEach(() => {
  [added, failures, asked, onDisks] = [[], [], 0, []];
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

function open(read: RecorderDependencies["read"]) {
  return createRecorder({
    read: () => {
      asked += 1;
      return read();
    },
    disks: () => onDisks,
    add: (at, holdings) => {
      if (holdings.length > 0) added.push([at, holdings.map(({ name }) => name)]);
    },
    onFailure: (error) => failures.push(error),
  });
}

test("keeps sizes and counts by their owner; what is not counted yet is unknown, and not nothing", () => {
  expect(holdingsToKeep(usage)).toEqual<Holding[]>([
    {
      ...{ kind: "database", name: "user1_n8n", owner: "user1-n8n" },
      values: { databaseBytes: 100, "rows:workflows": 0, "rows:executions": 12 },
    },
    { kind: "database", name: "shared_langfuse", owner: "shared-langfuse", values: { databaseBytes: 7 } },
    { kind: "collection", name: "user1_flowise", owner: "user1-flowise", values: { points: 7 } },
    { kind: "bucket", name: "user1-uploads", owner: "user1", values: { bucketBytes: 50, objects: 2 } },
  ]);
});

test("a store by another name goes on in the same curves", () => {
  const moved = {
    ...usage,
    databases: usage.databases.map((database) => ({ ...database, server: "shared-postgres-2" })),
    buckets: usage.buckets.map((bucket) => ({ ...bucket, server: "shared-garage" })),
  };
  expect(holdingsToKeep(moved).map(groupOfHolding)).toEqual(holdingsToKeep(usage).map(groupOfHolding));
});

test("asks a minute after the start, and every five minutes from then on, until it is closed", async () => {
  const recorder = open(async () => usage);
  await vi.advanceTimersByTimeAsync(59_000);
  expect(asked).toBe(0);
  await vi.advanceTimersByTimeAsync(1000);
  expect(added).toEqual([[Date.parse(readAt), ["user1_n8n", "shared_langfuse", "user1_flowise", "user1-uploads"]]]);
  await vi.advanceTimersByTimeAsync(15 * 60_000);
  expect(asked).toBe(4);
  recorder.close();
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(asked).toBe(4);
});

test("a failure is told, and the next time it asks again; that there is no fleet yet is none", async () => {
  const answers = [new BerthError("not-found", "There is no fleet yet"), new Error("the disk is gone")];
  const recorder = open(async () => {
    const answer = answers.shift();
    if (answer !== undefined) throw answer;
    return usage;
  });
  await vi.advanceTimersByTimeAsync(60_000 + 2 * 300_000);
  expect(failures).toEqual([new Error("the disk is gone")]);
  expect(added).toHaveLength(1);
  recorder.close();
});

test("what is on disks is recorded whether stores answer or not, and before they do", async () => {
  vi.setSystemTime(Date.parse(readAt) - 60_000);
  onDisks = [{ kind: "volume", name: "user1-n8n-data", owner: "user1-n8n", node: "user1", values: { volumeBytes: 5 } }];
  const recorder = open(
    () => new Promise((_, reject) => void setTimeout(() => reject(new Error("no answer")), 10_000)),
  );
  await vi.advanceTimersByTimeAsync(60_000);
  expect(added).toEqual([[Date.parse(readAt), ["user1-n8n-data"]]]);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(failures).toEqual([new Error("no answer")]);
  await vi.advanceTimersByTimeAsync(5 * 60_000);
  expect(added).toHaveLength(2);
  recorder.close();
});

test("what comes after it was closed is dropped: the history is closed, too", async () => {
  let answer: (usage: StoreUsage) => void = () => undefined;
  const recorder = open(() => new Promise((resolve) => void (answer = resolve)));
  const recording = recorder.record();
  recorder.close();
  answer(usage);
  await recording;
  expect([added, failures]).toEqual([[], []]);
});
