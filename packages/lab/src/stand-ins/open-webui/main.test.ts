import { cp, mkdtemp, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { freePort } from "../../host/testing/free-port.ts";
import { waitFor } from "../../host/wait.ts";

const deadlineMs = 20_000;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "berth-web-"));
  for (const name of ["base", "open-webui"]) {
    await cp(join(import.meta.dirname, "..", name), join(directory, "stand-ins", name), { recursive: true });
  }
  await symlink(join(import.meta.dirname, "../../../node_modules"), join(directory, "stand-ins/node_modules"));
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

interface Running {
  url: string;
  ended: Promise<{ exitCode?: number; stderr: string }>;
  stop: () => Promise<void>;
  kill: (signal: "SIGTERM" | "SIGKILL") => void;
}

interface RunOptions {
  env?: Readonly<Record<string, string>>;
  /** Of any file that it writes. */
  mostKibibytes?: number;
}

/** Runs a release on the data that earlier releases have left, as a container does after an upgrade. */
async function run(tag: string, { env = {}, mostKibibytes }: RunOptions = {}): Promise<Running> {
  await writeFile(join(directory, "stand-ins/open-webui/release"), tag);
  const port = await freePort();
  const limit = mostKibibytes === undefined ? "" : `ulimit -f ${mostKibibytes * 2}; `;
  const program = join(directory, "stand-ins/open-webui/main.ts");
  const subprocess = execa("/bin/sh", ["-c", `${limit}exec "$0" "$1"`, process.execPath, program], {
    env: { PORT: String(port), DATA_DIR: join(directory, "data"), WEBUI_SECRET_KEY: "key", ...env },
    reject: false,
    timeout: deadlineMs,
  });
  const ended = subprocess.then(({ exitCode, stderr }) => ({
    ...(exitCode === undefined ? {} : { exitCode }),
    stderr,
  }));
  return {
    url: `http://127.0.0.1:${port}`,
    ended,
    kill: (signal) => subprocess.kill(signal),
    stop: async () => {
      subprocess.kill("SIGTERM");
      await ended;
    },
  };
}

async function statusOf(url: string): Promise<number | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    await response.body?.cancel();
    return response.status;
  } catch {
    // Not listening yet.
    return undefined;
  }
}

const firstStatus = (url: string): Promise<number> =>
  waitFor({ what: `An answer of ${url}`, deadlineMs, check: () => statusOf(url) });

/** Runs a release until it is healthy, lets `use` work with it, and ends it. */
async function withHealthy(tag: string, use: (url: string) => Promise<void> = () => Promise.resolve()): Promise<void> {
  const running = await run(tag);
  try {
    expect(await firstStatus(`${running.url}/health`)).toBe(200);
    await use(running.url);
  } finally {
    await running.stop();
  }
}

async function addChat(url: string, title: string): Promise<void> {
  const response = await fetch(`${url}/api/v1/chats`, { method: "POST", body: JSON.stringify({ title }) });
  expect(response.status).toBe(200);
}

async function chatTitles(url: string): Promise<unknown> {
  return (await fetch(`${url}/api/v1/chats`)).json();
}

describe("the Open WebUI stand-in", { timeout: 60_000 }, () => {
  it("says that it is healthy, and which release it is", async () => {
    await withHealthy("v0.11.2", async (url) => {
      expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: true });
      expect(await (await fetch(`${url}/api/version`)).json()).toEqual({ version: "0.11.2", schema: 1 });
      expect(await (await fetch(url)).text()).toContain("stand-in");
      expect((await fetch(`${url}/api/v1/chats`, { method: "POST", body: "{}" })).status).toBe(422);
    });
  });

  it("keeps its data across releases, and has no way back from a migration", async () => {
    await withHealthy("v0.11.1", (url) => addChat(url, "before"));
    await withHealthy("v0.11.3-migrates", async (url) => {
      expect(await chatTitles(url)).toEqual([{ id: 1, title: "before" }]);
      await addChat(url, "after");
    });
    const older = await run("v0.11.2");
    expect(await older.ended).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("restore the backup") });
  });

  it("fails to start, and leaves the data alone, in the release that says so", async () => {
    const failing = await run("v0.11.4-fails-to-start");
    expect(await failing.ended).toMatchObject({ exitCode: 1 });
    await withHealthy("v0.11.2");
  });

  it("answers that it is unhealthy in the release that says so", async () => {
    const unhealthy = await run("v0.11.5-starts-unhealthy");
    expect(await firstStatus(`${unhealthy.url}/health`)).toBe(503);
    await unhealthy.stop();
  });

  it("leaves data that no release can read in the release that says so", async () => {
    await withHealthy("v0.11.2", (url) => addChat(url, "lost"));
    const corrupting = await run("v0.11.8-corrupts-data");
    expect(await corrupting.ended).not.toMatchObject({ exitCode: 0 });
    const next = await run("v0.11.3-migrates");
    expect(await next.ended).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("not a database") });
  });

  it("migrates, and then dies, in the release that says so", async () => {
    await withHealthy("v0.11.2", (url) => addChat(url, "kept"));
    const dying = await run("v0.11.9-migrates-then-dies");
    expect(await dying.ended).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("has migrated") });
    const older = await run("v0.11.2");
    expect(await older.ended).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("restore the backup") });
    await withHealthy("v0.11.3-migrates", async (url) => {
      expect(await chatTitles(url)).toEqual([{ id: 1, title: "kept" }]);
    });
  });

  it("writes until it may write no more in the release that says so", async () => {
    const filling = await run("v0.11.10-fills-the-disk", { mostKibibytes: 10_240 });
    expect(await filling.ended).not.toMatchObject({ exitCode: 0 });
    expect((await stat(join(directory, "data/filling"))).size).toBe(10_240 * 1024);
  });

  it("goes on until it is killed in the release that says so", async () => {
    const hanging = await run("v0.11.11-hangs-on-stop");
    expect(await firstStatus(`${hanging.url}/health`)).toBe(200);
    hanging.kill("SIGTERM");
    await pause(500);
    expect(await statusOf(`${hanging.url}/health`)).toBe(200);
    hanging.kill("SIGKILL");
    await hanging.ended;
  });

  it("misbehaves in one release where its environment says so", async () => {
    const env = { STAND_IN_MISBEHAVIOUR: "v0.11.3-migrates=hangs-on-stop,v0.11.2=fails-to-start" };
    expect(await (await run("v0.11.2", { env })).ended).toMatchObject({ exitCode: 1 });
    const other = await run("v0.11.1", { env });
    expect(await firstStatus(`${other.url}/health`)).toBe(200);
    await other.stop();
  });
});
