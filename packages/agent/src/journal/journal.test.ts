import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { instanceSpec } from "../testing/specs.ts";
import { openDatabase, transaction } from "./database.ts";
import { Journal } from "./journal.ts";
import { Outbox } from "./outbox.ts";
import { SampleStore } from "./sample-store.ts";

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "berth-journal-"));
  path = join(directory, "journal.db");
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const id = "00000000-0000-4000-8000-000000000001";
const operation = { id, kind: "instance.ensure", input: { secret: "correct horse" }, deadlineAt: 1000 };

describe("Journal", () => {
  it("is for the agent's user alone", () => {
    new Journal(path).close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("keeps what was accepted when the process is killed the instant after", () => {
    const script = `
      import { Journal } from ${JSON.stringify(new URL("journal.ts", import.meta.url).href)};
      const journal = new Journal(${JSON.stringify(path)});
      journal.operations.accept(${JSON.stringify(operation)});
      journal.operations.begin(${JSON.stringify(id)});
      process.kill(process.pid, "SIGKILL");
    `;
    const { signal } = spawnSync(process.execPath, ["--input-type=module-typescript", "--eval", script]);
    expect(signal).toBe("SIGKILL");
    const journal = new Journal(path);
    expect(journal.operations.unacknowledged()).toEqual([
      { ...operation, state: "running", outcome: null, phases: [] },
    ]);
    journal.close();
  });

  it("does not keep an input, which may hold secrets, beyond its operation", () => {
    const journal = new Journal(path);
    journal.operations.accept(operation);
    journal.operations.finish(id, { status: "cancelled" });
    expect(journal.operations.find(id)).toEqual({
      ...operation,
      input: null,
      state: "done",
      outcome: { status: "cancelled" },
      phases: [],
    });
    const files = readdirSync(directory).map((name) => readFileSync(join(directory, name), "latin1"));
    expect(files.join("").includes("correct horse"), "in the database, or in the log of what was written").toBe(false);
    journal.close();
  });

  it("acknowledges only what is done, and still knows it afterwards", () => {
    const journal = new Journal(path);
    journal.operations.accept(operation);
    journal.operations.acknowledge([id]);
    expect(journal.operations.find(id)?.state).toBe("accepted");
    journal.operations.finish(id, { status: "cancelled" });
    journal.operations.acknowledge([id]);
    expect(journal.operations.unacknowledged()).toEqual([]);
    expect(journal.operations.find(id)).toMatchObject({ state: "acknowledged", outcome: { status: "cancelled" } });
    journal.close();
  });

  it("takes over one of an agent that told no phases", () => {
    const phase = { name: "pull", target: "test/web:1", at: 1_764_500_000_000, milliseconds: 3100 };
    new Journal(path).close();
    const before = openDatabase(path);
    before.exec("ALTER TABLE operations DROP COLUMN phases");
    before.close();
    for (let start = 0; start < 2; start += 1) {
      const journal = new Journal(path);
      if (start === 0) journal.operations.accept(operation);
      if (start === 0) journal.operations.finish(id, { status: "cancelled" }, [phase]);
      expect(journal.operations.find(id)).toMatchObject({ outcome: { status: "cancelled" }, phases: [phase] });
      journal.close();
    }
  });

  it("undoes all of a transaction that fails", () => {
    const journal = new Journal(path);
    expect(() =>
      journal.transaction(() => {
        journal.operations.accept(operation);
        throw new Error("no");
      }),
    ).toThrow("no");
    expect(journal.operations.find(id)).toBeUndefined();
    journal.close();
  });

  it("says that the disk is full, although SQLite has undone the transaction by itself", () => {
    const database = openDatabase(path);
    const pages = Number(database.prepare("PRAGMA page_count").get()?.["page_count"]);
    database.exec(`PRAGMA max_page_count = ${pages}`);
    const insert = database.prepare("INSERT INTO sample_batches (payload) VALUES (zeroblob(100000))");
    expect(() => transaction(database, () => insert.run())).toThrow("database or disk is full");
    expect(database.isTransaction).toBe(false);
    database.close();
  });

  it("reports drift until a controller has said to mend it, and remembers that", () => {
    const first = new Journal(path);
    expect(first.drift).toBe("report");
    first.drift = "mend";
    first.close();
    const second = new Journal(path);
    expect(second.drift).toBe("mend");
    second.close();
  });
});

describe("DesiredState", () => {
  it("goes back to the specification that was healthy last", () => {
    const journal = new Journal(":memory:");
    const [old, next] = [instanceSpec(), instanceSpec({ hash: "hash-2" })];
    journal.desired.set(old);
    expect(journal.desired.proven(old.instance)).toBeUndefined();
    journal.desired.prove(old.instance);
    journal.desired.set(next);
    expect(journal.desired.get(old.instance)).toEqual(next);
    expect(journal.desired.proven(old.instance)).toEqual(old);
    journal.desired.revert(old.instance);
    expect(journal.desired.all()).toEqual([old]);
  });

  it("keeps a first specification that failed: there is none to go back to", () => {
    const journal = new Journal(":memory:");
    journal.desired.set(instanceSpec());
    journal.desired.revert("user1-web");
    expect(journal.desired.get("user1-web")).toEqual(instanceSpec());
    journal.desired.remove("user1-web");
    expect(journal.desired.get("user1-web")).toBeUndefined();
  });
});

describe("holds and checkpoints", () => {
  it("are there again after a start, and go when they end", () => {
    const first = new Journal(path);
    const checkpoint = {
      upgrade: "u1",
      volumes: ["user1-web-data"],
      state: "complete" as const,
      bytes: 2 ** 40,
      stoppedAt: "2026-11-29T12:00:00.000Z",
      spec: instanceSpec(),
    };
    first.held.hold("user1-web");
    first.held.hold("user1-web");
    first.checkpoints.set("user1-web", { ...checkpoint, state: "copying" });
    first.checkpoints.set("user1-web", checkpoint);
    first.close();
    const second = new Journal(path);
    expect([second.held.has("user1-web"), second.held.has("user1-other")]).toEqual([true, false]);
    expect(second.checkpoints.get("user1-web")).toEqual(checkpoint);
    second.held.release("user1-web");
    second.checkpoints.remove("user1-web");
    expect([second.held.has("user1-web"), second.checkpoints.get("user1-web")]).toEqual([false, undefined]);
    second.close();
  });
});

describe("Outbox", () => {
  const gone = (name: string) => ({ kind: "instance.gone" as const, name });

  it("numbers events without gap or repetition, also after all were acknowledged", () => {
    const first = new Journal(path);
    expect(first.outbox.add(gone("a"), 1).sequence).toBe(1);
    expect(first.outbox.add(gone("b"), 2).sequence).toBe(2);
    first.outbox.acknowledge(2);
    first.close();
    const second = new Journal(path);
    expect(second.outbox.add(gone("c"), 3)).toEqual({ sequence: 3, at: 3, body: gone("c") });
    expect(second.outbox.after(0, 10)).toEqual([{ sequence: 3, at: 3, body: gone("c") }]);
    second.close();
  });

  it("numbers on from where the controller stands when its own file was lost", () => {
    const { outbox } = new Journal(":memory:");
    outbox.continueAfter(41);
    expect(outbox.add(gone("a")).sequence).toBe(42);
    outbox.continueAfter(7);
    expect(outbox.add(gone("b")).sequence).toBe(43);
  });

  it("drops the oldest beyond its bound", () => {
    const outbox = new Outbox(openDatabase(":memory:"), 2);
    for (const name of ["a", "b", "c"]) outbox.add(gone(name), 0);
    expect(outbox.after(0, 10).map(({ body }) => body)).toEqual([gone("b"), gone("c")]);
  });
});

describe("SampleStore", () => {
  const batch = (at: number) => ({ containers: ["a"], frames: [{ at, node: Array(10).fill(1), containers: [null] }] });

  it("gives batches back oldest first and drops the oldest beyond its bound", () => {
    const store = new SampleStore(openDatabase(":memory:"), 2);
    for (const at of [1, 2, 3]) store.add(batch(at));
    const kept = store.oldest(10);
    expect(kept.map(({ batch: one }) => one)).toEqual([batch(2), batch(3)]);
    store.remove(kept[0]?.id ?? 0);
    expect(store.oldest(10).map(({ batch: one }) => one)).toEqual([batch(3)]);
  });
});
