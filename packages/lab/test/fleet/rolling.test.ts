/** Versions that fail, each in its own way: the instance runs what ran before, with all its rows, and the others were not touched. */
import { setInFleet } from "@berth/shared/fleet/edit";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { chatTitles, Writers } from "./chats.ts";
import { convergedExample, isPatient, type TestFleet } from "./fixture.ts";
import type { Guest } from "./guest.ts";
import { latestRun } from "./runs.ts";
import {
  addresses,
  askedVersions,
  containerIds,
  expectConverged,
  expectNothingLeft,
  latestMoves,
  removeWithVolumes,
  runningVersions,
  tenants,
  upgrade,
  volumes,
  withOverrides,
} from "./rolling.ts";

const former = "v0.11.2";
const better = "v0.11.3-migrates";
const all = (version: string) => Object.fromEntries(tenants.map((tenant) => [`${tenant}-openwebui`, version]));
const probation = ["--min-healthy", "12s"];
/** With what each of them says last. */
const failing: [string, string][] = [
  ["v0.11.4-fails-to-start", "This release fails to start"],
  ["v0.11.7-crashes-later", "This release crashes after a while"],
  ["v0.11.9-migrates-then-dies", "This release dies of what it has migrated"],
];
/** What is seen of it beside others below; and three minutes, in which it may still become healthy. */
if (isPatient) {
  failing.push(["v0.11.8-corrupts-data", "This release cannot read what it has written"]);
  failing.push(["v0.11.5-starts-unhealthy", "healthy"]);
}

let fleet: TestFleet;
let guests: Guest[];
let writers: Writers | undefined;
/** What is applied before each: two of the tenants misbehave in their own ways. */
let text: string;

beforeAll(async () => {
  fleet = await convergedExample();
  guests = await Promise.all(tenants.map((tenant) => fleet.guest(tenant)));
  const told = withOverrides(fleet.example, "user2", "openwebui", {
    env: { STAND_IN_MISBEHAVIOUR: `${better}=corrupts-data` },
  });
  text = withOverrides(told, "user3", "openwebui", {
    env: { STAND_IN_MISBEHAVIOUR: `${former}=hangs-on-stop` },
  });
  const applied = await fleet.apply(text);
  expect(applied, applied.stderr).toMatchObject({ exitCode: 0 });
});

afterEach(async () => {
  await writers?.stop();
});

afterAll(async () => {
  await removeWithVolumes(fleet, "openwebui", tenants);
});

describe("a version that no node can have", () => {
  it.each(["v0.11.9", "v0.11.12-lacks-a-layer"])("%s touches nothing", async (version) => {
    const before = await containerIds(fleet, "openwebui");
    const outcome = await upgrade(fleet, ["openwebui", "--to", version, "--no-backup"]);
    expect(outcome).not.toMatchObject({ exitCode: 0 });
    expect(outcome.stderr + outcome.stdout).toContain(version);
    expect(await containerIds(fleet, "openwebui")).toEqual(before);
    await expectConverged(fleet);
  });
});

describe("a version that fails on the first instance", () => {
  it.each(failing)(
    "%s: it runs the former again with its rows, and the upgrade has stopped",
    async (version, reason) => {
      const before = await containerIds(fleet, "openwebui");
      writers = await Writers.start(fleet.lab, addresses, version);
      const { exitCode, stderr } = await upgrade(fleet, ["openwebui", "--to", version, "--no-backup", ...probation]);
      expect({ exitCode, stderr }).not.toMatchObject({ exitCode: 0 });
      expect(await latestMoves(fleet)).toEqual([
        { instance: "user1-openwebui", outcome: "went-back", reason: expect.stringContaining(reason) },
      ]);
      await writers.expectNothingLost(() => [former]);
      expect(await runningVersions(fleet, "openwebui")).toEqual(all(former));
      const { user1, ...others } = await containerIds(fleet, "openwebui");
      expect(user1).toBeDefined();
      expect(others, "the others were not touched").toEqual({ user2: before["user2"], user3: before["user3"] });
      expect(await askedVersions(fleet, "openwebui")).toEqual({});
      await expectConverged(fleet);
      await expectNothingLeft(guests);
    },
  );

  it("is not tried again unless somebody says so", async () => {
    const before = await containerIds(fleet, "openwebui");
    const again = await upgrade(fleet, ["openwebui", "--to", "v0.11.4-fails-to-start", "--no-backup"]);
    expect(again).toMatchObject({ exitCode: 4, stderr: expect.stringContaining("--retry") });
    expect(await containerIds(fleet, "openwebui")).toEqual(before);
  });
});

describe("a file that asks for a version that fails", () => {
  it("is applied on the first instance, which goes back with its rows, and on no other", async () => {
    const version = "v0.11.9-migrates-then-dies";
    const before = await containerIds(fleet, "openwebui");
    writers = await Writers.start(fleet.lab, addresses, "applied");
    const asking = setInFleet(text, ["services", "tenant", "openwebui"], { version });
    const { exitCode, stdout, stderr } = await fleet.apply(asking);
    expect({ exitCode, stdout, stderr }).not.toMatchObject({ exitCode: 0 });
    expect(await latestMoves(fleet)).toEqual([
      { instance: "user1-openwebui", outcome: "went-back", reason: expect.stringContaining("migrated") },
    ]);
    await writers.expectNothingLost(() => [former]);
    expect(await runningVersions(fleet, "openwebui")).toEqual(all(former));
    const { user1, ...others } = await containerIds(fleet, "openwebui");
    expect(user1).toBeDefined();
    expect(others, "the others were not touched").toEqual({ user2: before["user2"], user3: before["user3"] });
    const back = await fleet.apply(text, "--prune");
    expect(back, back.stderr).toMatchObject({ exitCode: 0 });
    await expectConverged(fleet);
    await expectNothingLeft(guests);
  });
});

describe("a version that fills the disk", () => {
  it("leaves the node able to go on", async () => {
    const [guest] = guests;
    if (guest === undefined) throw new Error("There is no node user1");
    // Only the last of it is left to the release: writing 20 GB shows nothing more.
    const free = Number(
      (await guest.run(["df", "--output=avail", "--block-size=1M", "/var/lib/docker"])).split("\n")[1],
    );
    await guest.run(["fallocate", "--length", `${free - 600}M`, "/root/ballast"]);
    try {
      writers = await Writers.start(fleet.lab, addresses.slice(0, 1), "disk");
      const version = "v0.11.10-fills-the-disk";
      const only = ["--only", "user1", "--no-backup", ...probation];
      const { exitCode } = await upgrade(fleet, ["openwebui", "--to", version, ...only]);
      expect(exitCode).not.toBe(0);
      expect(await latestMoves(fleet)).toMatchObject([{ instance: "user1-openwebui", outcome: "went-back" }]);
      await writers.expectNothingLost(() => [former]);
      expect(await runningVersions(fleet, "openwebui")).toEqual(all(former));
    } finally {
      await guest.run(["rm", "/root/ballast"]);
    }
    await expectConverged(fleet);
    await expectNothingLeft([guest]);
  });
});

describe("a version that only one instance fails on", () => {
  it("is taken back from all, where all or none were to have it", async () => {
    const before = await containerIds(fleet, "openwebui");
    writers = await Writers.start(fleet.lab, addresses, "rolled-back");
    const options = ["--on-failure", "rollback-all", "--no-backup", "--min-healthy", "3s"];
    const outcome = await upgrade(fleet, ["openwebui", "--to", better, "--canary", "user1", ...options]);
    expect(outcome).not.toMatchObject({ exitCode: 0 });
    expect(await latestMoves(fleet)).toEqual([
      {
        instance: "user1-openwebui",
        outcome: "went-back",
        reason: expect.stringContaining("user2-openwebui went back"),
      },
      { instance: "user2-openwebui", outcome: "went-back", reason: expect.stringContaining("cannot read") },
    ]);
    await writers.expectNothingLost(() => [former]);
    expect(await runningVersions(fleet, "openwebui")).toEqual(all(former));
    expect((await containerIds(fleet, "openwebui"))["user3"], "its turn never came").toBe(before["user3"]);
    expect(await askedVersions(fleet, "openwebui")).toEqual({});
    await expectConverged(fleet);
    await expectNothingLeft(guests);
  });

  it("stays where it is proven, goes back where it is not, and may fail as often as was said", async () => {
    writers = await Writers.start(fleet.lab, addresses, "mixed");
    const options = ["--batch", "1", "--max-failures", "1", "--retry", "--no-backup", "--min-healthy", "3s"];
    const outcome = await upgrade(fleet, ["openwebui", "--to", better, "--canary", "user1", ...options]);
    expect(outcome).not.toMatchObject({ exitCode: 0 });
    expect(await latestMoves(fleet)).toEqual([
      { instance: "user1-openwebui", outcome: "upgraded", reason: null },
      { instance: "user2-openwebui", outcome: "went-back", reason: expect.stringContaining("cannot read") },
      { instance: "user3-openwebui", outcome: "upgraded", reason: null },
    ]);
    await writers.expectNothingLost((address) => (address === addresses[1] ? [former] : [former, better]));
    const now = { "user1-openwebui": better, "user2-openwebui": former, "user3-openwebui": better };
    expect(await runningVersions(fleet, "openwebui")).toEqual(now);
    expect(await askedVersions(fleet, "openwebui")).toMatchObject({ user1: better, user3: better });
    await expectConverged(fleet);
    await expectNothingLeft(guests);
  });

  it("has set aside what user2 held when it failed, and what was written before is all there", async () => {
    const [, guest] = guests;
    expect(guest && (await volumes(guest)).filter((name) => name.endsWith("-set-aside"))).toHaveLength(1);
    expect((await chatTitles(fleet.lab, addresses[1])).length).toBeGreaterThan(0);
    expect((await latestRun(fleet)).steps.filter(({ kind }) => kind === "upgrade.conclude")).toMatchObject([
      { error: { message: expect.stringContaining("user2-openwebui") } },
    ]);
  });
});
