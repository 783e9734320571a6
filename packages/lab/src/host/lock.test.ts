import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { withLock } from "./lock.ts";

it("keeps others out while it is held, and frees it after a failure", async () => {
  const name = randomUUID();
  const holder = Promise.withResolvers<void>();
  const taken = Promise.withResolvers<void>();
  const held = withLock({ name, deadlineMs: 1000 }, async () => {
    taken.resolve();
    await holder.promise;
    throw new Error("broken");
  });
  await taken.promise;
  await expect(withLock({ name, deadlineMs: 0 }, async () => "in")).rejects.toThrow(`The lock on ${name}`);
  await expect(withLock({ name: `${name}-other`, deadlineMs: 0 }, async () => "in")).resolves.toBe("in");
  holder.resolve();
  await expect(held).rejects.toThrow("broken");
  await expect(withLock({ name, deadlineMs: 1000 }, async () => "in")).resolves.toBe("in");
});
