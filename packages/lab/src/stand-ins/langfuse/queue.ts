import type { Redis } from "ioredis";

const key = "bull:ingestion-queue:wait";

/** What the web container hands on to the worker: ids of events that lie in the bucket. */
export interface QueuedEvent {
  id: string;
  project: string;
  body: string;
}

/** Redis must keep what it holds: a queue that loses jobs loses traces. */
export async function requireQueue(redis: Redis): Promise<void> {
  await redis.connect();
  const policy = (await redis.config("GET", "maxmemory-policy"))[1];
  if (policy !== "noeviction") throw new Error(`IMPORTANT! Eviction policy is ${policy}. It should be "noeviction"`);
}

export async function enqueue(redis: Redis, event: QueuedEvent): Promise<void> {
  await redis.lpush(key, JSON.stringify(event));
}

/** The oldest, waiting for one no longer than so many seconds. */
export async function dequeue(redis: Redis, seconds: number): Promise<QueuedEvent | undefined> {
  const popped = await redis.brpop(key, seconds);
  const event: QueuedEvent | undefined = popped === null ? undefined : JSON.parse(popped[1]);
  return event;
}
