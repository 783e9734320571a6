/** A controller that is lost with its machine: rebuilt from its backup, and the agents come by themselves. */
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { listControllerBackups } from "@berth/shared/api/recovery";
import { planSchema } from "@berth/shared/operations/plan";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import * as z from "zod";
import { ensureBackupTarget } from "../../src/backup-target/service.ts";
import { ensureController, findController, repository } from "../../src/demo/controller.ts";
import { isRunning } from "../../src/host/processes.ts";
import { waitFor } from "../../src/host/wait.ts";
import { inNamespace } from "../../src/network/namespace.ts";
import { convergedExample, type TestFleet } from "./fixture.ts";

let fleet: TestFleet;
/** Where the state is that was lost, until the rebuilt one has shown that it will do. */
let lost: string | null = null;
let isConverged = false;

beforeAll(async () => {
  fleet = await convergedExample();
  isConverged = true;
});

/** The tests after this one go on with the fleet, whatever became of the rebuilt controller. */
afterAll(async () => {
  if (!isConverged) return;
  const { stateDirectory } = fleet.controller;
  if (lost !== null) {
    await killController();
    await rm(stateDirectory, { recursive: true, force: true });
    await rename(lost, stateDirectory);
  }
  await ensureController(fleet.lab);
});

it("is rebuilt from the backup target, and nothing is left to do", async () => {
  const { lab, controller } = fleet;
  const key = await fleet.succeed(["controller", "recovery-key"]);
  await fleet.succeed(["controller", "backup"]);
  const { controller: own } = await fleet.json(z.object({ controller: listControllerBackups.response }), [
    "backup",
    "list",
  ]);
  expect(own.backups[0]).toMatchObject({ state: "complete" });
  expect(own.warnings).toEqual([]);

  const put = `${controller.stateDirectory}.lost-${Date.now()}`;
  const restore = async (identity: string) => restoreWith(identity, controller.stateDirectory);
  expect((await restore(key)).exitCode, "while it runs").not.toBe(0);
  await killController();
  await rename(controller.stateDirectory, put);
  lost = put;
  await mkdir(controller.stateDirectory, { mode: 0o700 });

  const refused = await restore("AGE-SECRET-KEY-1WRONG");
  expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("not a recovery key") });
  expect(await readdir(controller.stateDirectory)).toEqual([]);

  const rebuilt = await restore(key);
  expect(rebuilt, rebuilt.stderr).toMatchObject({ exitCode: 0 });
  await ensureController(lab);
  await fleet.waitForStatus("All nodes online and healthy", 120_000, ({ nodes, instances }) =>
    [...nodes.map(({ state }) => state === "online"), ...instances.map(({ state }) => state === "healthy")].every(
      Boolean,
    ),
  );
  expect(await fleet.json(planSchema, ["apply", fleet.file, "--plan"])).toMatchObject({ operations: [] });
  await fleet.succeed(["secret", "show", "user1-n8n/encryptionKey", "--reveal"]);
  lost = null;
});

async function restoreWith(identity: string, stateDirectory: string) {
  const { accessKey, secretKey } = await ensureBackupTarget(fleet.lab);
  const [command, ...parameters] = inNamespace(fleet.lab.namespace, [
    process.execPath,
    join(repository, "packages/controller/dist/berth.mjs"),
    ...["controller", "restore", "--recovery-key-file", "-", "--state", stateDirectory],
    ...["--configuration", join(fleet.lab.stateDirectory, "configuration")],
    ...["--from", "s3://berth-backups/valuechain/controller", "--endpoint", "http://10.0.4.20:9000"],
  ]);
  const env = { AWS_ACCESS_KEY_ID: accessKey, AWS_SECRET_ACCESS_KEY: secretKey };
  const { exitCode, stderr } = await execa(command ?? "", parameters, { input: identity, env, reject: false });
  return { exitCode, stderr };
}

async function killController(): Promise<void> {
  const running = await findController(fleet.lab);
  if (running === undefined) return;
  process.kill(running.pid, "SIGKILL");
  await waitFor({
    what: "The end of the killed controller",
    deadlineMs: 10_000,
    intervalMs: 10,
    check: async () => ((await isRunning(running)) ? undefined : true),
  });
}
