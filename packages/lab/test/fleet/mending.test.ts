/** What somebody does to a container by hand is undone by its node's agent, with and without a controller. */
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { ensureController, stopController } from "../../src/demo/controller.ts";
import type { Argv } from "../../src/host/command.ts";
import { waitFor } from "../../src/host/wait.ts";
import { convergedExample, type TestFleet } from "./fixture.ts";
import type { Guest } from "./guest.ts";
import { recordedEvents } from "./records.ts";

const container = "user2-openwebui";
const memoryBytes = 1024 ** 3;

/** Each leaves the container other than its specification says. */
const tampering: [string, Argv][] = [
  ["killed", ["docker", "kill", container]],
  ["stopped", ["docker", "stop", "--time", "1", container]],
  ["removed", ["docker", "rm", "--force", container]],
  ["paused", ["docker", "pause", container]],
  ["given less memory", ["docker", "update", "--memory", "256m", "--memory-swap", "256m", container]],
  ["taken off its network", ["docker", "network", "disconnect", "--force", "bridge", container]],
];

let fleet: TestFleet;
let guest: Guest;

beforeAll(async () => {
  fleet = await convergedExample();
  guest = await fleet.guest("user2");
});

describe("a container that somebody has", () => {
  it.each(tampering)("%s is made as it was, and that is recorded", async (_, argv) => {
    const since = Date.now();
    await guest.run(argv);
    await untilRecorded(since);
    await untilHealthyAsSpecified();
  });
});

describe("with no controller in reach", () => {
  afterEach(async () => {
    await ensureController(fleet.lab);
  });

  it.each(tampering.filter(([what]) => ["killed", "removed", "given less memory"].includes(what)))(
    "a container that somebody has %s is made as it was all the same, and told later",
    async (_, argv) => {
      await stopController(fleet.lab);
      const since = Date.now();
      await guest.run(argv);
      await waitFor({
        what: `The mending of ${container}`,
        deadlineMs: 90_000,
        intervalMs: 200,
        check: async () => ((await isAsSpecified()) ? true : undefined),
      });
      await ensureController(fleet.lab);
      await untilRecorded(since);
      await untilHealthyAsSpecified();
    },
  );
});

async function untilRecorded(since: number): Promise<void> {
  await waitFor({
    what: "The record of the mending",
    deadlineMs: 90_000,
    intervalMs: 200,
    check: () =>
      recordedEvents(fleet.controller, since).some(
        ({ kind, instance, data }) => kind === "drift" && instance === container && data["mended"] === true,
      ) || undefined,
  });
}

async function untilHealthyAsSpecified(): Promise<void> {
  await fleet.waitForStatus("A healthy fleet", 60_000, ({ instances }) =>
    instances.every(({ state, drift }) => state === "healthy" && drift.length === 0),
  );
  expect(await isAsSpecified()).toBe(true);
}

/** As Docker itself says. */
async function isAsSpecified(): Promise<boolean> {
  const networks = "{{range $name, $_ := .NetworkSettings.Networks}}{{$name}}{{end}}";
  const format = `{{.State.Status}} {{.HostConfig.Memory}} ${networks}`;
  const { stdout } = await guest.try(["docker", "inspect", "--format", format, container]);
  return stdout.trim() === `running ${memoryBytes} bridge`;
}
