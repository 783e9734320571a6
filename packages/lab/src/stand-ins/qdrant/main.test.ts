import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { freePort } from "../../host/testing/free-port.ts";
import { waitFor } from "../../host/wait.ts";

const deadlineMs = 20_000;
const key = "a key of the test";

let directory: string;
let program: ReturnType<typeof run> | undefined;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "berth-qdrant-"));
  // As in the image: without any package beside it.
  await cp(import.meta.dirname, join(directory, "program"), { recursive: true });
});
afterEach(async () => {
  program?.kill("SIGKILL");
  await program;
  await rm(directory, { recursive: true });
});

function run(port: number, env: Record<string, string> = {}) {
  return execa(process.execPath, [join(directory, "program/main.ts")], {
    ...{ cwd: directory, reject: false, timeout: deadlineMs },
    env: {
      QDRANT__SERVICE__HTTP_PORT: String(port),
      QDRANT__SERVICE__API_KEY: key,
      QDRANT__SERVICE__JWT_RBAC: "true",
      ...env,
    },
  });
}

async function ask(port: number, method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: { "api-key": key },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(5000),
  });
  expect(response.status).toBe(200);
  return response.json();
}

const ready = (port: number): Promise<string> =>
  waitFor({
    what: "The stand-in's readiness",
    deadlineMs,
    check: async () => {
      try {
        const response = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(2000) });
        return response.ok ? await response.text() : undefined;
      } catch {
        // Not listening yet.
        return undefined;
      }
    },
  });

describe("the Qdrant stand-in as a program", { timeout: 60_000 }, () => {
  it("has every point that it said it wrote, killed at any moment", async () => {
    const port = await freePort();
    program = run(port);
    expect(await ready(port)).toBe("all shards are ready");
    await ask(port, "PUT", "/collections/a", { vectors: { size: 2, distance: "Dot" } });
    await ask(port, "PUT", "/collections/a/points?wait=true", { points: [{ id: 1, vector: [1, 2] }] });
    program.kill("SIGKILL");
    await program;
    program = run(port);
    await ready(port);
    expect(await ask(port, "POST", "/collections/a/points", { ids: [1], with_vector: true })).toMatchObject({
      result: [{ id: 1, vector: [1, 2] }],
    });
    program.kill("SIGTERM");
    expect(await program).toMatchObject({ exitCode: 0 });
  });

  it("says which setting is wrong, and no key", async () => {
    const { exitCode, stderr } = await run(1, { QDRANT__SERVICE__JWT_RBAC: "yes" });
    expect(exitCode).toBe(1);
    expect(stderr).toBe("QDRANT__SERVICE__JWT_RBAC must be true or false");
    expect(await run(1, { QDRANT__SERVICE__HTTP_PORT: "none" })).toMatchObject({ exitCode: 1 });
  });
});
