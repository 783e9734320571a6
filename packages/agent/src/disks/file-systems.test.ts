import { fileSystemSchema } from "@berth/shared/protocol/disks";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { ProgramEnd } from "../host-program.ts";
import { type Blocks, FileSystems, fileSystemOf } from "./file-systems.ts";
import type { Mount } from "./mounts.ts";

const mount: Mount = {
  ...{ number: "8:1", device: "/dev/sda1", type: "ext4", mountpoint: "/" },
  ...{ isWhole: true, readOnly: false },
};
const blocks: Blocks = { blocks: 100, bfree: 40, bavail: 35, frsize: 4096, files: 10, ffree: 4 };

it("counts as df does: without what is reserved for root", () => {
  expect(fileSystemOf(mount, blocks)).toEqual({
    ...{ mountpoint: "/", device: "/dev/sda1", type: "ext4", readOnly: false },
    ...{ usedBytes: 60 * 4096, sizeBytes: 95 * 4096, inodes: { used: 6, total: 10 } },
  });
});

it.each<[string, Mount, Blocks | null]>([
  ["more free than there is", mount, { ...blocks, bfree: 120, bavail: -7, ffree: 20 }],
  ["no fixed number of files", { ...mount, type: "btrfs" }, { ...blocks, files: 0, ffree: 0 }],
  ["no answer", mount, null],
  ["long names", { ...mount, device: "d".repeat(5000), type: "t".repeat(100) }, blocks],
])("what fits the protocol, whatever a driver makes up: %s", (_what, of, told) => {
  const found = fileSystemOf(of, told);
  expect(fileSystemSchema.parse(found)).toEqual(found);
  expect(found.inodes?.used ?? 0).toBeGreaterThanOrEqual(0);
});

const answer: ProgramEnd = { code: 0, stdout: "100 40 35 4096 10 4\n", stderr: "" };

/** Questions for remote file systems, each open until a test answers it. */
class Questions {
  readonly open = new Map<string, PromiseWithResolvers<ProgramEnd>>();
  readonly asked: string[] = [];

  readonly run = (argv: readonly string[]): Promise<ProgramEnd> => {
    const place = (argv.at(-1) ?? "").split("/root/")[1] ?? "";
    const question = Promise.withResolvers<ProgramEnd>();
    this.asked.push(place);
    this.open.set(place, question);
    return question.promise.finally(() => this.open.delete(place));
  };

  /** As one that was killed for it. */
  fail(place: string): void {
    this.open.get(place)?.reject(new Error("killed"));
  }
}

let view: string;
let questions: Questions;
beforeEach(async () => {
  view = await mkdtemp(join(tmpdir(), "berth-view-"));
  await mkdir(join(view, "root"));
  questions = new Questions();
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(view, { recursive: true });
});

/** The root and shares at these places. */
async function fileSystemsWith(...places: string[]): Promise<FileSystems> {
  const shares = places.map((place, index) => `4${index} 27 0:5${index} / /${place} rw - nfs4 nas:/${place} rw`);
  await writeFile(join(view, "mountinfo"), ["27 1 8:1 / / rw - ext4 /dev/sda1 rw", ...shares].join("\n"));
  return new FileSystems([view], questions.run);
}

const open = (): string[] => [...questions.open.keys()];

it("asks four shares at the same time, the next one when one has answered, and tells all in their order", async () => {
  const reading = (await fileSystemsWith("a", "b", "c", "d", "e", "f")).read();
  await vi.waitFor(() => expect(open()).toEqual(["a", "b", "c", "d"]));
  questions.open.get("c")?.resolve(answer);
  await vi.waitFor(() => expect(open()).toEqual(["a", "b", "d", "e"]));
  questions.fail("a");
  await vi.waitFor(() => expect(open()).toEqual(["b", "d", "e", "f"]));
  for (const { resolve } of questions.open.values()) resolve(answer);
  const told = (await reading).map(({ mountpoint, usedBytes }) => [mountpoint, usedBytes !== null]);
  const answered = ["/b", "/c", "/d", "/e", "/f"].map((mountpoint) => [mountpoint, true]);
  expect(told).toEqual([["/", true], ["/a", false], ...answered]);
});

it("asks nothing of what lies below a share that does not answer", async () => {
  const reading = (await fileSystemsWith("a", "a/b", "a/b/c", "d", "d/e")).read();
  await vi.waitFor(() => expect(open()).toEqual(["a", "d"]));
  questions.fail("a");
  questions.open.get("d")?.resolve(answer);
  await vi.waitFor(() => expect(open()).toEqual(["d/e"]));
  questions.open.get("d/e")?.resolve(answer);
  const silent = (await reading).filter(({ usedBytes }) => usedBytes === null).map(({ mountpoint }) => mountpoint);
  expect(silent).toEqual(["/a", "/a/b", "/a/b/c"]);
  expect(questions.asked).toEqual(["a", "d", "d/e"]);
});

it("never asks one again that still hangs, though it was given up, and again when it has let go", async () => {
  vi.useFakeTimers();
  const fileSystems = await fileSystemsWith("a");
  const first = fileSystems.read();
  await vi.waitFor(() => expect(open()).toEqual(["a"]));
  await vi.advanceTimersByTimeAsync(6000);
  expect((await first).at(-1)).toMatchObject({ mountpoint: "/a", usedBytes: null });
  expect((await fileSystems.read()).at(-1)).toMatchObject({ mountpoint: "/a", usedBytes: null });
  expect(questions.asked).toEqual(["a"]);
  questions.fail("a");
  await vi.advanceTimersByTimeAsync(0);
  const third = fileSystems.read();
  await vi.waitFor(() => expect(questions.asked).toEqual(["a", "a"]));
  questions.open.get("a")?.resolve(answer);
  expect((await third).at(-1)?.usedBytes).toBe(60 * 4096);
});
