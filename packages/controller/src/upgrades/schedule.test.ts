import type { InstanceCheck, UpgradeCheck, UpgradeRequest } from "@berth/shared/api/upgrades";
import { catalog } from "@berth/shared/catalog/index";
import { BerthError } from "@berth/shared/errors";
import { upgradesSchema } from "@berth/shared/fleet/upgrades";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { UpgradeInstance } from "../inventory/upgrades.ts";
import type { Recurring } from "../schedules/recurring.ts";
import { createUpgradeSchedule } from "./schedule.ts";
import { pastMove } from "./test-world.ts";

const minute = 60_000;
const hour = 60 * minute;
const clock = () => new Date().toISOString().slice(8, 16);

/** What the fleet says; null: there is none. */
let settings: Record<string, unknown> | null;
/** What registries have, by service. */
let patches: Record<string, string>;
let checkedAt: string | null;
let past: UpgradeInstance[];
/** What was done, and when. */
let done: string[];
let failures: string[];
let begin: (request: UpgradeRequest) => void;
let askRegistries: () => void;
let open: Recurring | undefined;

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse("2026-11-24T04:00:00Z") });
  [patches, checkedAt, past, done, failures] = [{ n8n: "2.41.3" }, null, [], [], []];
  settings = { automatic: "patch" };
  begin = record;
  askRegistries = () => {
    checkedAt = new Date().toISOString();
    done.push(`check ${clock()}`);
  };
});
afterEach(async () => {
  await open?.close();
  vi.useRealTimers();
});

function record({ service, version }: UpgradeRequest): void {
  done.push(`${service} ${version} ${clock()}`);
}

function known(): UpgradeCheck {
  const instances = Object.entries(patches).map(([service, patch]): InstanceCheck => {
    const steps = { patch, minor: null, major: null, rebuilt: null, held: false, notes: [] };
    return { instance: `user1-${service}`, service, version: "2.41.1", ...steps };
  });
  return { services: [{ service: "n8n", image: "docker.io/n8nio/n8n", checkedAt, problem: null }], instances };
}

function startSchedule(): Recurring {
  open = createUpgradeSchedule({
    read: async () =>
      settings === null ? null : { upgrades: upgradesSchema.parse(settings), services: Object.keys(patches), catalog },
    check: async () => {
      askRegistries();
      return known();
    },
    recall: async () => known(),
    past: async () => past,
    start: async (request) => begin(request),
    onFailure: (_, what) => void failures.push(what),
  });
  return open;
}

const conflict = () => new BerthError("conflict", "Run 7 is still under way");

test("registries are asked at the fleet's time, once, and not at the first start", async () => {
  settings = {};
  startSchedule();
  await vi.advanceTimersByTimeAsync(hour - minute);
  expect(done).toEqual([]);
  await vi.advanceTimersByTimeAsync(2 * minute);
  expect(done).toEqual(["check 24T05:00"]);
  await vi.advanceTimersByTimeAsync(48 * hour);
  expect(done).toEqual(["check 24T05:00", "check 25T05:00", "check 26T05:00"]);
});

test("a time that was missed is made up after the start, once agents are back", async () => {
  settings = {};
  checkedAt = "2026-11-21T05:00:00.000Z";
  startSchedule().look();
  await vi.advanceTimersByTimeAsync(89_000);
  expect(done).toEqual([]);
  await vi.advanceTimersByTimeAsync(2000);
  expect(done).toEqual(["check 24T04:01"]);
});

test("where no registry answers, they are not asked again before the next time", async () => {
  settings = {};
  askRegistries = () => void done.push(`check ${clock()}`);
  startSchedule();
  await vi.advanceTimersByTimeAsync(26 * hour);
  expect(done).toEqual(["check 24T05:00", "check 25T05:00"]);
});

test("what was begun is left alone for half a day, unless there is another version", async () => {
  startSchedule();
  await vi.advanceTimersByTimeAsync(6 * hour);
  expect(done).toEqual(["n8n 2.41.3 24T04:01", "check 24T05:01"]);
  patches = { n8n: "2.41.4" };
  open?.look();
  await vi.advanceTimersByTimeAsync(minute);
  expect(done.at(-1)).toBe("n8n 2.41.4 24T10:00");
  await vi.advanceTimersByTimeAsync(13 * hour);
  expect(done.filter((what) => what.startsWith("n8n 2.41.4"))).toHaveLength(2);
});

test("nothing is begun outside of the window, nor where the fleet leaves nothing to Berth", async () => {
  settings = { automatic: "patch", check: "0 1 * * *", window: { start: "0 6 * * *", hours: 2 } };
  startSchedule();
  await vi.advanceTimersByTimeAsync(2 * hour - minute);
  expect(done).toEqual([]);
  await vi.advanceTimersByTimeAsync(2 * minute);
  expect(done).toEqual(["n8n 2.41.3 24T06:00"]);
  settings = { ...settings, automatic: "none" };
  patches = { n8n: "2.41.4" };
  open?.look();
  await vi.advanceTimersByTimeAsync(minute);
  expect(done).toHaveLength(1);
});

test("one service after the other: the end of a run begins the next, and a refusal holds up only its own", async () => {
  settings = { automatic: "patch", services: ["flowise", "n8n", "qdrant"] };
  patches = { flowise: "3.1.4", n8n: "2.41.3", qdrant: "1.2.3" };
  begin = (request) => {
    if (request.service === "flowise") throw new BerthError("instance.unhealthy", "user1-flowise is unhealthy");
    record(request);
  };
  startSchedule();
  await vi.advanceTimersByTimeAsync(2 * minute);
  expect(done).toEqual(["n8n 2.41.3 24T04:01"]);
  expect(failures).toEqual(["flowise could not be upgraded to 3.1.4 by the schedule"]);
  open?.look(); // its run has ended
  await vi.advanceTimersByTimeAsync(minute);
  expect(done).toEqual(["n8n 2.41.3 24T04:01", "qdrant 1.2.3 24T04:02"]);
  expect(failures).toHaveLength(1);
});

test("another run is waited for, and its end is enough", async () => {
  let tries = 0;
  begin = () => {
    tries += 1;
    throw conflict();
  };
  const { look } = startSchedule();
  await vi.advanceTimersByTimeAsync(46 * minute);
  expect([tries, failures]).toEqual([3, []]);
  begin = record;
  look();
  await vi.advanceTimersByTimeAsync(2000);
  expect(done).toEqual(["n8n 2.41.3 24T04:46"]);
});

test("a version that an instance went back from is never begun", async () => {
  past = [pastMove({ toVersion: "2.41.3", outcome: "went-back" })];
  startSchedule();
  await vi.advanceTimersByTimeAsync(2 * hour);
  expect(done).toEqual(["check 24T05:00"]);
});

test("what cannot be looked at is looked at again an hour later", async () => {
  let broken = true;
  startSchedule();
  settings = {};
  askRegistries = () => {
    if (broken) throw new Error("the inventory is busy");
    done.push(clock());
  };
  checkedAt = "2026-11-20T05:00:00.000Z";
  await vi.advanceTimersByTimeAsync(2 * minute);
  expect(failures).toEqual(["What there is to upgrade could not be looked at"]);
  broken = false;
  await vi.advanceTimersByTimeAsync(hour);
  expect(done).toEqual(["24T05:01"]);
});

test("without a fleet, and once closed, it does nothing", async () => {
  settings = null;
  startSchedule();
  await vi.advanceTimersByTimeAsync(3 * hour);
  await open?.close();
  settings = { automatic: "patch" };
  open?.look();
  await vi.advanceTimersByTimeAsync(24 * hour);
  expect([done, failures]).toEqual([[], []]);
});
