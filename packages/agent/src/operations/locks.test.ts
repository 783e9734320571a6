import { describe, expect, it } from "vitest";
import { ResourceLocks } from "./locks.ts";

const forever = new AbortController().signal;

describe("ResourceLocks", () => {
  it("lets one hold a resource at a time, in order, and others of other resources beside", async () => {
    const locks = new ResourceLocks();
    const order: string[] = [];
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const first = locks.run("a", forever, async () => {
      order.push("first begins");
      await gate;
      order.push("first ends");
    });
    const second = locks.run("a", forever, async () => {
      order.push("second");
    });
    await locks.run("b", forever, async () => {
      order.push("other");
    });
    expect(locks.held("a")).toBe(true);
    open();
    await Promise.all([first, second]);
    expect(order).toEqual(["first begins", "other", "first ends", "second"]);
    expect(locks.held("a")).toBe(false);
  });

  it("ends a wait with its signal's reason, and keeps the order of the others", async () => {
    const locks = new ResourceLocks();
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const first = locks.run("a", forever, async () => gate);
    const abort = new AbortController();
    const second = locks.run("a", abort.signal, async () => "never");
    const third = locks.run("a", forever, async () => "third");
    abort.abort(new Error("cancelled"));
    await expect(second).rejects.toThrow("cancelled");
    open();
    await first;
    expect(await third).toBe("third");
  });

  it("is free again after a failure", async () => {
    const locks = new ResourceLocks();
    const failing = locks.run("a", forever, async () => Promise.reject(new Error("no")));
    await expect(failing).rejects.toThrow("no");
    expect(await locks.run("a", forever, async () => "next")).toBe("next");
  });
});
