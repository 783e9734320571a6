/** Real mounts, in a mount namespace of the test's own, against what df says there. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually, type Running, start } from "../testing/processes.ts";
import { FileSystems } from "./file-systems.ts";

const run = promisify(execFile);
const mebibyte = 1024 * 1024;

let directory: string;
let inside: Running;
let proc: string;

/** A disk that is read-only; two others, one of them seen a second time and in part a third; a tmpfs; and a server that never answers, with a disk below it. */
const prepare = `
  set -e
  for disk in models data; do
    truncate -s 64M $disk.img; mkfs.ext4 -q -m 5 $disk.img; mkdir "on $disk"; mount -o loop $disk.img "on $disk"
  done
  dd if=/dev/zero of="on models/weights" bs=1M count=20 status=none
  mkdir "on data/part" again part memory; sync
  mount --bind "on data" again; mount --bind "on data/part" part; mount -o remount,ro "on data"
  mount -t tmpfs -o size=8m tmpfs memory
  truncate -s 16M archive.img; mkfs.ext4 -q archive.img; mkdir archive; mount -o loop,ro archive.img archive
  mkdir -p away/cache; exec 3<>/dev/fuse
  truncate -s 16M cache.img; mkfs.ext4 -q cache.img; mount -o loop cache.img away/cache
  mount -i -t fuse.sshfs -o fd=3,rootmode=40000,user_id=0,group_id=0 nas:/export away
  echo ready; exec sleep 600`;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "berth-disks-"));
  await mkdir(join(directory, "work"));
  const script = `cd "${directory}/work"; ${prepare}`;
  inside = start(["unshare", "--mount", "--propagation", "private", "sh", "-c", script]);
  await eventually("the mounts", () => inside.output().includes("ready"));
  proc = `/proc/${inside.child.pid}`;
});
afterAll(async () => {
  await inside.kill("SIGKILL");
  await rm(directory, { recursive: true, force: true });
});

/** Used, size without root's reserve, and inodes of a place, as df says in the namespace. */
async function df(place: string): Promise<number[]> {
  const columns = "--output=used,avail,iused,itotal";
  const argv = [`--mount=${proc}/ns/mnt`, "df", "--block-size=1", columns, join(directory, "work", place)];
  const { stdout } = await run("nsenter", argv);
  const [used = NaN, free = NaN, inodes = NaN, total = NaN] = (stdout.split("\n")[1] ?? "")
    .trim()
    .split(/\s+/)
    .map(Number);
  return [used, used + free, inodes, total];
}

it("are those of df, each once, without a tmpfs", async () => {
  const all = await new FileSystems([proc]).read();
  const own = all.filter(({ mountpoint }) => mountpoint.startsWith(directory));
  expect(own.map(({ mountpoint, type, readOnly }) => [mountpoint.slice(directory.length), type, readOnly])).toEqual([
    // The nearest to the root of the two places that show all of it; the other one is read-only.
    ["/work/again", "ext4", false],
    ["/work/archive", "ext4", true],
    ["/work/away", "fuse.sshfs", false],
    ["/work/away/cache", "ext4", false],
    ["/work/on models", "ext4", false],
  ]);
  const found = own
    .filter(({ type, readOnly, usedBytes }) => type === "ext4" && !readOnly && usedBytes !== null)
    .map(({ usedBytes, sizeBytes, inodes }) => [usedBytes, sizeBytes, inodes?.used, inodes?.total]);
  expect(found).toEqual([await df("again"), await df("on models")]);
  const [, , away, cache, models] = own;
  // Nobody waits for it longer than for a while, and it keeps nothing from being told.
  expect(away).toMatchObject({ device: "nas:/export", usedBytes: null, sizeBytes: null, inodes: null });
  expect(cache).toMatchObject({ usedBytes: null, sizeBytes: null });
  expect(models?.usedBytes).toBeGreaterThanOrEqual(20 * mebibyte);
  expect(models?.sizeBytes).toBeLessThan(64 * mebibyte);
  expect(models?.device).toMatch(/^\/dev\/loop\d+$/);
  expect(all.map(({ mountpoint }) => mountpoint)).toContain("/");
});

it("are all writable where the view is the agent's own: its service makes them read-only for it alone", async () => {
  const archive = async (views: string[]) =>
    (await new FileSystems(views).read()).find(({ mountpoint }) => mountpoint.endsWith("/archive"))?.readOnly;
  expect([await archive([proc]), await archive(["/proc/does-not-exist", proc])]).toEqual([true, false]);
});

it("are the agent's own where the first choice cannot be looked at", async () => {
  const own = await new FileSystems(["/proc/does-not-exist", "/proc/self"]).read();
  expect(own.find(({ mountpoint }) => mountpoint === "/")?.sizeBytes).toBeGreaterThan(0);
  expect(own.filter(({ mountpoint }) => mountpoint.startsWith(directory))).toEqual([]);
});
