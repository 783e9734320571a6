import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import Sqlite from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { second, start } from "./testing/samples.ts";
import { hour, minute, readNode, useWorld } from "./testing/world.ts";

const world = useWorld();
const mib = 1024 ** 2;

function record(from: number, minutes: number, containers = 1): void {
  for (let at = from; at < from + minutes * minute; at += 1000) {
    for (let index = 0; index < containers; index += 1) {
      world.history.add(second(at, Math.random() * 8, { node: `node${index}` }));
    }
  }
}

const all = { from: start, to: start + 12 * hour };

describe("a damaged file", () => {
  it("that is no database is set aside, and a new one is begun", async () => {
    writeFileSync(world.file, "this was a database once, and is something else now".repeat(200));
    record(start, 1);
    world.history.flush();
    expect(readNode(world, all)).toHaveLength(6);
    expect(world.history.status()).toMatchObject({ problem: null, setAside: expect.stringContaining(".damaged-2026") });
    expect(world.logged).toEqual([expect.stringContaining("it is set aside, and begins anew")]);
  });

  it("that loses its middle while it is in use costs what was in it, and nothing more", async () => {
    record(start, 60);
    world.history.flush();
    world.pass(3 * hour);
    await world.history.keepHouse();
    await world.history.close();
    const bytes = readFileSync(world.file);
    writeFileSync(world.file, bytes.fill(0xa5, 4096));
    await world.reopen("dropped");
    expect(() => readNode(world, all)).not.toThrow();
    record(world.now, 1);
    world.history.flush();
    expect(readNode(world, all).length).toBeGreaterThanOrEqual(6);
    expect(world.history.status()).toMatchObject({ problem: null, setAside: expect.any(String) });
  });

  it("keeps one file that was set aside, not a heap of them", async () => {
    for (let round = 0; round < 3; round += 1) {
      await world.history.close();
      writeFileSync(world.file, "nonsense".repeat(1000));
      world.pass(minute);
      await world.reopen("dropped");
    }
    expect(readdirSync(dirname(world.file)).filter((name) => name.includes("damaged"))).toHaveLength(1);
  });

  it("leaves out a block that cannot be read, and goes on with the others", async () => {
    record(start, 120);
    world.history.flush();
    const sqlite = new Sqlite(world.file);
    sqlite.prepare("UPDATE journal SET data = zeroblob(50) WHERE id = (SELECT MIN(id) FROM journal)").run();
    sqlite.close();
    expect(readNode(world, all).length).toBe(540);
    expect(world.logged).toContain("A part of the history of metrics is damaged: it is left out");
    expect(world.history.status()).toMatchObject({ problem: null, setAside: null });
  });
});

describe("a full file or disk", () => {
  it("keeps what is new as far as memory goes, tells, and writes it when there is room", () => {
    record(start, 1);
    world.history.flush();
    world.settings = { ...world.settings, maxSize: 4096 };
    record(start + minute, 2, 40);
    world.history.flush();
    world.history.flush();
    expect(world.history.status().problem).toMatch(/could not be written: .*full/);
    expect(world.logged.filter((text) => text.includes("could not be written"))).toHaveLength(1);
    expect(readNode(world, all)).toHaveLength(18);
    // Hours of it: memory is not the next thing to be full.
    record(start + 3 * minute, 300);
    expect(readNode(world, all).length).toBeLessThan(400);
    world.settings = { ...world.settings, maxSize: 16 * mib };
    world.history.flush();
    expect(world.history.status().problem).toBeNull();
    expect(world.logged).toContain("The history of metrics is written again");
    const last = readNode(world, all).at(-1);
    expect(last?.at).toBe(start + 303 * minute - 10_000);
  });

  it("never grows much beyond its size: the oldest goes", async () => {
    const maxSize = mib / 5;
    world.settings = { ...world.settings, maxSize };
    for (let round = 0; round < 12; round += 1) {
      record(world.now, 60, 4);
      world.history.flush();
      world.pass(hour);
      await world.history.keepHouse();
    }
    await world.history.close();
    expect(statSync(world.file).size).toBeLessThan(maxSize * 1.2);
    await world.reopen("dropped");
    const nameOf = ({ node, container }: { node: string; container: string }) =>
      container === "" && node === "node1" ? node : undefined;
    const answer = world.history.read({ nameOf, columns: ["cpuCores"], ...all, to: world.now, points: 5000 });
    const measured = answer.series[0]?.columns["cpuCores"]?.average ?? [];
    expect(measured.at(-1)).not.toBeNull();
    expect(measured[0]).toBeNull();
  });

  it("stands still while its directory cannot be written, and the rest goes on", async () => {
    const elsewhere = dirname(world.file);
    writeFileSync(`${elsewhere}/occupied`, "");
    world.directory(`${elsewhere}/occupied`);
    record(start, 1);
    world.history.flush();
    expect(world.history.status().problem).toMatch(/could not be opened/);
    expect(readNode(world, all)).toHaveLength(6);
  });
});

it("that cannot answer a question goes on with writing, and has no problem with that", () => {
  record(start, 1);
  const nameOf = (): string => {
    throw new Error("no such name");
  };
  const ask = () => world.history.read({ nameOf, columns: ["cpuCores"], ...all, points: 10 });
  expect(ask).toThrow("no such name");
  expect(ask).toThrow("no such name");
  expect(world.history.status().problem).toBeNull();
  expect(world.logged).toEqual(["The history of metrics could not be read: no such name"]);
  world.history.flush();
  expect(readNode(world, all)).toHaveLength(6);
});
