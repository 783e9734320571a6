import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BerthError } from "@berth/shared/errors";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Journal } from "../journal/journal.ts";
import type { OperationContext } from "../operations/context.ts";
import { FakeEngine } from "../testing/fake-engine.ts";
import { FakeVolumes } from "../testing/fake-volumes.ts";
import { containerSpec, instanceSpec } from "../testing/specs.ts";
import { checkpointHandlers } from "./handlers.ts";
import { untold } from "../operations/phases.ts";

const db = containerSpec({ name: "user1-web-db", ports: [] });
const web = containerSpec({ name: "user1-web-app", ports: [] });
const spec = instanceSpec({ containers: [db, web] });
const volume = "user1-web-data";
const input = { upgrade: "u1", node: "user1", instance: "user1-web", volumes: [volume] };
const running = ["user1-web-app running", "user1-web-db running"];
const stopped = ["user1-web-app exited", "user1-web-db exited"];

let root: string;
let engine: FakeEngine;
let journal: Journal;
let volumes: FakeVolumes;
let lines: string[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "berth-checkpoint-"));
  engine = new FakeEngine();
  journal = new Journal(":memory:");
  volumes = new FakeVolumes(root);
  lines = [];
  engine.images.set("test/web:1", "sha256:1");
  journal.desired.set(spec);
  journal.desired.prove(spec.instance);
  // In another order than they start in.
  for (const container of [web, db]) await engine.createContainer(spec, container, container.name);
  for (const id of engine.containers.keys()) await engine.startContainer(id);
  engine.changes.length = 0;
  await volumes.createVolume(volume);
  volumes.changes.length = 0;
  await write("before");
});
afterEach(async () => {
  journal.close();
  await rm(root, { recursive: true });
});

const write = (text: string) => writeFile(join(volumes.directory(volume), "note"), text);
const read = (of: string) => readFile(join(volumes.directory(of), "note"), "utf8");
const context = (signal = new AbortController().signal): OperationContext => {
  return { signal, progress: ({ line }) => void lines.push(line), phase: untold };
};
const handlers = () => checkpointHandlers({ engine, volumes, files: volumes, journal });
const create = (changes = {}, signal?: AbortSignal) =>
  handlers()["checkpoint.create"]({ ...input, ...changes }, context(signal));
const restore = (changes = {}) => handlers()["checkpoint.restore"]({ ...input, ...changes }, context());
const remove = (changes = {}) => handlers()["checkpoint.remove"]({ ...input, ...changes }, context());

async function startAll(): Promise<void> {
  journal.held.release("user1-web");
  for (const id of engine.containers.keys()) await engine.startContainer(id);
}

describe("checkpoint.create", () => {
  it("stops the last first, copies, and leaves the instance held", async () => {
    const { bytes, stoppedAt } = await create();
    expect(bytes).toBe(1024 * 1024);
    expect(Date.now() - Date.parse(stoppedAt)).toBeLessThan(10_000);
    expect(engine.changes).toEqual(["stop user1-web-app", "stop user1-web-db"]);
    expect(journal.held.has("user1-web")).toBe(true);
    expect(journal.stopped.get("user1-web")).toEqual([]);
    expect(await read("user1-web-data-checkpoint")).toBe("before");
    expect(lines).toContain("copying user1-web-data");
  });

  it("copies nothing again for the same upgrade, and says what it said", async () => {
    const first = await create();
    await startAll();
    await write("after");
    expect(await create()).toEqual(first);
    expect(await read("user1-web-data-checkpoint")).toBe("before");
    expect(engine.states).toEqual(stopped);
    expect(journal.held.has("user1-web")).toBe(true);
  });

  it("replaces the checkpoint of another upgrade, and what was set aside", async () => {
    await create();
    await restore();
    await create({ upgrade: "u2" });
    expect(await volumes.names()).toEqual([volume, "user1-web-data-checkpoint"]);
    await write("after");
    await create({ upgrade: "u3" });
    expect(await read("user1-web-data-checkpoint")).toBe("after");
  });

  it("copies anew what was put back since, also for the same upgrade", async () => {
    await create();
    await restore();
    await write("later");
    await create();
    expect(await read("user1-web-data-checkpoint")).toBe("later");
  });

  it("takes a volume that is not there yet for empty", async () => {
    await create({ volumes: ["user1-web-new"] });
    expect(await volumes.names()).toEqual([volume, "user1-web-new-checkpoint"]);
  });

  it("stops nothing when the disk has no room, and says both numbers", async () => {
    volumes.freeBytes = 100 * 1024 * 1024;
    const failing = create();
    await expect(failing).rejects.toMatchObject({ code: "disk.full" });
    await expect(failing).rejects.toThrow("hold 1 MiB, and 100 MiB are free on user1's disk");
    expect(engine.changes).toEqual([]);
    expect(await volumes.names()).toEqual([volume]);
  });

  it("starts the instance again and removes the copies when copying fails", async () => {
    volumes.onChange = (change) => {
      if (change === "copy") throw new BerthError("disk.full", "no space");
    };
    await expect(create()).rejects.toThrow("no space");
    expect(engine.states).toEqual(running);
    expect(journal.held.has("user1-web")).toBe(false);
    expect(await volumes.names()).toEqual([volume]);
    await expect(restore()).rejects.toMatchObject({ code: "not-found" });
  });

  it("starts only what ran again when it is aborted in the middle", async () => {
    const [app] = engine.containers.keys();
    await engine.stopContainer(app ?? "");
    const abort = new AbortController();
    volumes.onChange = (change) => void (change === "sync" && abort.abort(new BerthError("cancelled", "stop")));
    await expect(create({}, abort.signal)).rejects.toThrow("stop");
    expect(engine.states).toEqual(["user1-web-app exited", "user1-web-db running"]);
    expect(await volumes.names()).toEqual([volume]);
  });

  it("does not take copies for whole during which somebody started the instance", async () => {
    volumes.onChange = (change) => {
      for (const container of engine.containers.values()) if (change === "sync") container.state = "running";
    };
    await expect(create()).rejects.toThrow("was started while its volumes were copied");
    expect(journal.checkpoints.get("user1-web")?.state).toBe("copying");
  });

  /** Nothing of the agent happens any more once it was "killed"; the next one is given the operation again. */
  it.each([0, 1, 2, 3, 4, 5, 6])("converges when it was killed before change %i", async (n) => {
    let changes = 0;
    const kill = (): void => {
      changes += 1;
      if (changes > n) throw new Error("killed");
    };
    engine.onChange = kill;
    volumes.onChange = kill;
    const attempt = create();
    await (n < 6 ? expect(attempt).rejects.toThrow("killed") : attempt);
    engine.onChange = () => undefined;
    volumes.onChange = () => undefined;
    await create();
    expect(engine.states).toEqual(stopped);
    expect(await read("user1-web-data-checkpoint")).toBe("before");
    expect(journal.held.has("user1-web")).toBe(true);
  });
});

describe("checkpoint.restore", () => {
  const next = instanceSpec({ version: "2", hash: "hash-2", containers: [db, web] });

  beforeEach(async () => {
    await create();
    await startAll();
    journal.desired.set(next);
    journal.desired.prove("user1-web");
    await write("after");
    engine.changes.length = 0;
  });

  it("puts the data back, sets aside what was there, and holds the node to what ran then", async () => {
    expect(await restore()).toEqual({ setAside: ["user1-web-data-set-aside"] });
    expect(engine.states).toEqual(stopped);
    expect(await read(volume)).toBe("before");
    expect(await read("user1-web-data-set-aside")).toBe("after");
    expect(journal.held.has("user1-web")).toBe(true);
    expect(journal.desired.proven("user1-web")?.version).toBe("1");
  });

  it("gives back the room that was kept for it", async () => {
    const reserve = join(root, "user1-web-data-checkpoint/reserve");
    expect(await readFile(reserve, "utf8")).toBe("");
    await restore();
    await expect(readFile(reserve)).rejects.toThrow("ENOENT");
  });

  it("does so once", async () => {
    const first = await restore();
    await write("later");
    expect(await restore()).toEqual(first);
    expect(await read(volume)).toBe("later");
    expect(await read("user1-web-data-set-aside")).toBe("after");
  });

  it("refuses the checkpoint of another upgrade, and touches nothing", async () => {
    await expect(restore({ upgrade: "u2" })).rejects.toMatchObject({ code: "not-found" });
    expect(engine.changes).toEqual([]);
    expect(await read(volume)).toBe("after");
  });

  it("empties a volume that was not there", async () => {
    const added = { upgrade: "u2", volumes: ["user1-web-new"] };
    await create(added);
    await volumes.createVolume("user1-web-new");
    await writeFile(join(volumes.directory("user1-web-new"), "note"), "migrated");
    await restore(added);
    await expect(read("user1-web-new")).rejects.toThrow("ENOENT");
    expect(await read("user1-web-new-set-aside")).toBe("migrated");
  });

  it.each([0, 1, 2, 3])("converges when it was killed before change %i", async (n) => {
    let changes = 0;
    const kill = (): void => {
      changes += 1;
      if (changes > n) throw new Error("killed");
    };
    engine.onChange = kill;
    volumes.onChange = kill;
    await expect(restore()).rejects.toThrow("killed");
    engine.onChange = () => undefined;
    volumes.onChange = () => undefined;
    await restore();
    expect(await read(volume)).toBe("before");
    expect(await read("user1-web-data-set-aside")).toBe("after");
  });

  it.each(["checkpoint.create", "checkpoint.remove"] as const)(
    "is finished by %s when it was killed between its two renames",
    async (kind) => {
      const known = journal.checkpoints.get("user1-web");
      if (known === undefined) throw new Error("there is a checkpoint");
      journal.checkpoints.set("user1-web", { ...known, state: "restoring" });
      await volumes.createVolume("user1-web-data-set-aside");
      await rename(volumes.directory(volume), volumes.directory("user1-web-data-set-aside"));
      await handlers()[kind]({ ...input, upgrade: kind === "checkpoint.create" ? "u2" : "u1" }, context());
      expect(await read(volume)).toBe("before");
    },
  );
});

describe("checkpoint.remove", () => {
  it("removes the copies and leaves what was set aside", async () => {
    await create();
    await restore();
    expect(await remove()).toEqual({ removed: 1 });
    expect(await volumes.names()).toEqual([volume, "user1-web-data-set-aside"]);
    expect(await remove()).toEqual({ removed: 0 });
  });

  it("leaves the checkpoint of another upgrade alone", async () => {
    await create();
    expect(await remove({ upgrade: "u2" })).toEqual({ removed: 0 });
    expect(await read("user1-web-data-checkpoint")).toBe("before");
  });

  it("never leaves half a copy that counts as whole", async () => {
    await create();
    volumes.onChange = () => {
      throw new Error("killed");
    };
    await expect(remove()).rejects.toThrow("killed");
    await expect(restore()).rejects.toMatchObject({ code: "not-found" });
  });
});
