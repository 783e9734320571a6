/** Who steers an upgrade: paused and resumed, given twice, held, and met by another one. */
import { runSchema, type Run } from "@berth/shared/api/runs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { waitFor } from "../../src/host/wait.ts";
import { Writers } from "./chats.ts";
import { convergedExample, type TestFleet } from "./fixture.ts";
import type { Guest } from "./guest.ts";
import {
  addresses,
  askedVersions,
  containerIds,
  expectConverged,
  expectNothingLeft,
  removeWithVolumes,
  runningVersions,
  tenants,
  upgrade,
} from "./rolling.ts";
import { run, waitForEnd } from "./runs.ts";

const former = "v0.11.2";
const better = "v0.11.3-migrates";
const endDeadlineMs = 180_000;
const detached = ["--detach"];

let fleet: TestFleet;
let guests: Guest[];
let writers: Writers | undefined;

beforeAll(async () => {
  fleet = await convergedExample();
  guests = await Promise.all(tenants.map((tenant) => fleet.guest(tenant)));
  writers = await Writers.start(fleet.lab, addresses, "steered");
});

afterAll(async () => {
  await writers?.stop();
  await removeWithVolumes(fleet, "openwebui", tenants);
});

describe("an upgrade of all but one that is held", () => {
  // What failed in another file, here or there, is tried again.
  const asked = ["upgrade", "openwebui", "--to", better, "--retry", "--no-backup", "--min-healthy", "8s"];
  let begun: Run;

  it("begins with one instance", async () => {
    await fleet.succeed(["upgrade", "hold", "user3-openwebui"]);
    begun = (await fleet.json(z.object({ run: runSchema }), [...asked, ...detached])).run;
    await waitForStep("running");
    expect(begun.kind).toBe("upgrade");
  });

  it("is the same one when the command is given again, and lets no other in", async () => {
    const again = await fleet.json(z.object({ run: runSchema }), [...asked, ...detached]);
    expect(again.run.id).toBe(begun.id);
    const other = await upgrade(fleet, ["openwebui", "--to", "v0.11.6-starts-slowly", "--no-backup"]);
    expect(other, other.stderr).toMatchObject({ exitCode: 4 });
    const elsewhere = await fleet.apply(fleet.example.replace("user2: { node: user2 }", "user2: { node: user1 }"));
    expect(elsewhere).not.toMatchObject({ exitCode: 0 });
  });

  it("pauses behind the instance that is under way", async () => {
    const before = await containerIds(fleet, "openwebui");
    await fleet.berth(["run", "cancel", String(begun.id)]);
    const ended = await waitForEnd(fleet, begun.id, endDeadlineMs);
    expect(ended.state).toBe("cancelled");
    expect(await runningVersions(fleet, "openwebui")).toEqual({
      "user1-openwebui": better,
      "user2-openwebui": former,
      "user3-openwebui": former,
    });
    const { user2, user3 } = await containerIds(fleet, "openwebui");
    expect({ user2, user3 }).toEqual({ user2: before["user2"], user3: before["user3"] });
    expect(await askedVersions(fleet, "openwebui")).toEqual({ user1: better, user3: former });
    await expectConverged(fleet);
  });

  it("resumes with the others, passes by the held one, and becomes the version of them all", async () => {
    await fleet.succeed(["run", "resume", String(begun.id)]);
    expect((await waitForEnd(fleet, begun.id, endDeadlineMs)).state).toBe("succeeded");
    expect(await runningVersions(fleet, "openwebui")).toEqual({
      "user1-openwebui": better,
      "user2-openwebui": better,
      "user3-openwebui": former,
    });
    expect(await askedVersions(fleet, "openwebui")).toEqual({ openwebui: better, user3: former });
    await expectConverged(fleet);
  });

  it("takes the held one along once it is released", async () => {
    expect(await upgrade(fleet, ["openwebui", "--to", better, "--retry", "--only", "user3"])).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining("held"),
    });
    await fleet.succeed(["upgrade", "release", "user3-openwebui"]);
    // With the backup that everything but a test asks for.
    const done = await upgrade(fleet, [
      "openwebui",
      "--to",
      better,
      "--retry",
      "--only",
      "user3",
      "--min-healthy",
      "2s",
    ]);
    expect(done, done.stderr).toMatchObject({ exitCode: 0 });
    const present = Object.fromEntries(tenants.map((tenant) => [`${tenant}-openwebui`, better]));
    expect(await runningVersions(fleet, "openwebui")).toEqual(present);
    expect(await askedVersions(fleet, "openwebui")).toEqual({ openwebui: better });
    await expectConverged(fleet);
    await expectNothingLeft(guests);
  });

  it("is nothing to do when it is done", async () => {
    const before = await containerIds(fleet, "openwebui");
    expect(await upgrade(fleet, ["openwebui", "--to", better])).toMatchObject({ exitCode: 0 });
    expect(await containerIds(fleet, "openwebui")).toEqual(before);
  });

  it("has lost no row that anybody was told is kept", async () => {
    await writers?.expectNothingLost(() => [former, better]);
  });

  /** Until the first instance is under way. */
  async function waitForStep(state: string): Promise<void> {
    await waitFor({
      what: "The upgrade of the first instance",
      deadlineMs: 60_000,
      intervalMs: 200,
      check: async () => {
        const { steps } = await run(fleet, begun.id);
        return steps.some((step) => step.kind === "instance.upgrade" && step.state === state) ? true : undefined;
      },
    });
  }
});
