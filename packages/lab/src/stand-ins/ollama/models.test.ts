import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Models, embed } from "./models.ts";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "berth-models-"));
});
afterEach(async () => {
  await rm(home, { recursive: true });
});

async function linesOf(pull: AsyncIterable<Record<string, unknown>>): Promise<Record<string, unknown>[]> {
  const lines = [];
  for await (const line of pull) lines.push(line);
  return lines;
}

describe("Models", () => {
  it("has what was pulled, and still has it after a restart", async () => {
    const lines = await linesOf(new Models(home).pull("nomic-embed-text"));
    expect(lines.at(-1)).toEqual({ status: "success" });
    const bytes = lines.flatMap(({ completed }) => (typeof completed === "number" ? [completed] : []));
    expect(bytes).toEqual(bytes.toSorted((left, right) => left - right));
    expect(bytes.length).toBeGreaterThan(1);
    const restarted = new Models(home);
    expect(restarted.list().map(({ name }) => name)).toEqual(["nomic-embed-text:latest"]);
    expect([restarted.remove("nomic-embed-text"), restarted.remove("nomic-embed-text")]).toEqual([true, false]);
  });

  it("tells within the stream that a model does not exist", async () => {
    const models = new Models(home);
    expect((await linesOf(models.pull("lama"))).at(-1)).toMatchObject({ error: expect.any(String) });
    expect(models.list()).toEqual([]);
  });
});

describe("embed", () => {
  it("gives a vector of length one, the same for the same text", () => {
    const vector = embed("berth", 768);
    expect(vector).toHaveLength(768);
    expect(Math.hypot(...vector)).toBeCloseTo(1);
    expect(embed("berth", 768)).toEqual(vector);
    expect(embed("other", 768)).not.toEqual(vector);
  });
});
