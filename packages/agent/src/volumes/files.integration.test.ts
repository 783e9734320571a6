/** Copies by the programs of the host, as root: everything of a volume comes along. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";
import { errorCode } from "../files.ts";
import { eventually } from "../testing/processes.ts";
import { mebibyte } from "../testing/specs.ts";
import { hostFiles } from "./files.ts";

const run = promisify(execFile);
const many = 8_000;
const never = new AbortController().signal;

let root: string;
let from: string;
let to: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "berth-files-"));
  [from, to] = [join(root, "from"), join(root, "to")];
  for (const directory of [from, to]) await mkdir(directory);
});
afterEach(async () => {
  // One that was never mounted is no mistake.
  await run("umount", ["--lazy", to]).catch(() => undefined);
  await rm(root, { recursive: true });
});

/** Everything about each file below the directory, itself included. */
async function seen(directory: string): Promise<string> {
  const listing = "find . -printf '%p %y %m %U %G %s %n %T@ %l\\n' | sort";
  const { stdout } = await run("sh", ["-c", `cd "$1" && ${listing}`, "sh", directory]);
  // Size and number of links of directories are the filesystem's affair.
  return stdout.replaceAll(/^(\S+ d \d+ \d+ \d+) \d+ \d+/gm, "$1");
}

/** Node has no call for extended attributes, and Debian's tools for them need not be here; perl is always there. */
const calls = process.arch === "arm64" ? { set: 5, get: 8 } : { set: 188, get: 191 };

async function setAttribute(path: string): Promise<void> {
  const script = `my ($n, $v) = ("user.colour", "red"); syscall(${calls.set}, $ARGV[0], $n, $v, 3, 0) == 0 or die $!`;
  await run("perl", ["-e", script, path]);
}

async function attribute(path: string): Promise<string> {
  const script = `my ($n, $v) = ("user.colour", "\\0" x 9); syscall(${calls.get}, $ARGV[0], $n, $v, 9); print $v =~ s/\\0//gr`;
  return (await run("perl", ["-e", script, path])).stdout;
}

it("keep owners, modes, times, attributes, links, holes, pipes and the directory itself", async () => {
  await writeFile(join(from, "note"), "kept");
  const prepare = [
    "chown 7:8 note && chmod 640 note && ln note again && ln -s note link",
    "mkdir -m 2770 deep && chgrp 9 deep && chmod 2770 deep && mkfifo deep/pipe && touch -d 2001-02-03 deep",
    "truncate -s 1G sparse && printf x | dd of=sparse bs=1 seek=500000000 conv=notrunc 2>&1",
    "printf x > '-rf' && printf y > .hidden && chown 5:6 . && chmod 711 .",
  ];
  await run("sh", ["-ec", `cd "$1"; ${prepare.join("; ")}`, "sh", from]);
  await setAttribute(join(from, "note"));
  await hostFiles.copy(from, to, never);
  await hostFiles.sync(to);
  expect(await attribute(join(to, "note"))).toBe("red");
  expect(await seen(to)).toBe(await seen(from));
  expect(await readFile(join(to, "note"), "utf8")).toBe("kept");
  const [one, other] = await Promise.all([stat(join(to, "note")), stat(join(to, "again"))]);
  expect(one.ino).toBe(other.ino);
  expect(await hostFiles.size(to, never)).toBeLessThan(mebibyte);
});

it("fail with one clear sentence when the disk is full", async () => {
  await run("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", to]);
  await run("dd", ["if=/dev/zero", `of=${join(from, "large")}`, "bs=1M", "count=4"]);
  await hostFiles.allocate(join(to, "reserve"), mebibyte);
  expect(await hostFiles.free(to)).toBeLessThanOrEqual(mebibyte);
  await expect(hostFiles.allocate(join(to, "more"), 4 * mebibyte)).rejects.toMatchObject({ code: "disk.full" });
  expect(await hostFiles.free(to)).toBeLessThanOrEqual(2 * mebibyte);
  expect(await hostFiles.size(from, never)).toBeGreaterThanOrEqual(4 * mebibyte);
  await expect(hostFiles.copy(from, to, never)).rejects.toMatchObject({
    code: "disk.full",
    message: `Could not copy ${from}: no space is left on the node's disk.`,
  });
});

it("are over when they are aborted", async () => {
  await manyFiles();
  const abort = new AbortController();
  const copying = hostFiles.copy(from, to, abort.signal);
  copying.catch(() => undefined);
  await eventually("the first file", async () => (await readdir(to)).length > 0);
  abort.abort(new Error("cancelled"));
  await expect(copying).rejects.toThrow("cancelled");
  const left = (await readdir(to)).length;
  expect(left).toBeLessThan(many);
  expect((await readdir(to)).length).toBe(left);
});

it("end with the process that started them", async () => {
  await manyFiles();
  const script = `
    import { hostFiles } from ${JSON.stringify(new URL("files.ts", import.meta.url).href)};
    import { readdirSync } from "node:fs";
    void hostFiles.copy(${JSON.stringify(from)}, ${JSON.stringify(to)}, new AbortController().signal);
    setInterval(() => readdirSync(${JSON.stringify(to)}).length > 0 && process.kill(process.pid, "SIGKILL"), 1);
  `;
  const ended = run(process.execPath, ["--input-type=module-typescript", "--eval", script]);
  await expect(ended).rejects.toMatchObject({ signal: "SIGKILL" });
  const left = await eventually("nothing to be copied any more", async () => {
    const before = await count();
    await new Promise((resolve) => setTimeout(resolve, 100));
    return (await count()) === before && before;
  });
  expect(left).toBeLessThan(many);
});

/** Enough to be copied for a while. */
async function manyFiles(): Promise<void> {
  await run("sh", ["-c", `cd "$1" && seq ${many} | xargs touch`, "sh", from]);
}

async function count(): Promise<number> {
  try {
    return (await readdir(to)).length;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return 0;
    throw error;
  }
}
