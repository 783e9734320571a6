import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { GuestStore } from "./guest-store.ts";

let directory: string;
let store: GuestStore;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "berth-lab-guests-"));
  store = new GuestStore("pve", directory);
});

afterEach(async () => {
  vi.useRealTimers();
  await rm(directory, { recursive: true });
});

describe("the lock of a guest", () => {
  it("lets one in at a time, in the order in which they came, and leaves other guests alone", async () => {
    const order: string[] = [];
    const first = Promise.withResolvers<void>();
    const running = [
      store.withLock(110, async () => {
        await first.promise;
        order.push("first");
      }),
      store.withLock(110, async () => void order.push("second")),
    ];
    await store.withLock(111, async () => void order.push("other"));
    first.resolve();
    await Promise.all(running);
    expect(order).toEqual(["other", "first", "second"]);
  });

  it("is free again after a failure", async () => {
    await expect(store.withLock(110, () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    await expect(store.withLock(110, async () => "free")).resolves.toBe("free");
  });

  it("is waited for ten seconds, and no longer", async () => {
    vi.useFakeTimers();
    const holder = Promise.withResolvers<void>();
    const held = store.withLock(110, () => holder.promise);
    const waiting = expect(store.withLock(110, async () => undefined)).rejects.toThrow(
      "can't lock file '/run/lock/lxc/pve-config-110.lock' - got timeout",
    );
    await vi.advanceTimersByTimeAsync(10_000);
    await waiting;
    holder.resolve();
    await held;
    await expect(store.withLock(110, async () => "free")).resolves.toBe("free");
  });
});
