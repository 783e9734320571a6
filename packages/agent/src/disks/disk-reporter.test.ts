import type { AgentMessage } from "@berth/shared/protocol/messages";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Log } from "../log.ts";
import { DiskReporter } from "./disk-reporter.ts";

const minute = 60_000;
const root = {
  ...{ mountpoint: "/", device: "/dev/sda1", type: "ext4", readOnly: false },
  ...{ usedBytes: 1, sizeBytes: 2, inodes: null },
};

let sent: AgentMessage["type"][];
let looks: number;
let isSent: boolean;
let volumes: { look: (signal: AbortSignal) => Promise<void>; report: () => []; revision: number };
let fileSystems: { read: () => Promise<(typeof root)[]> };
let reporter: DiskReporter;
const warn = vi.fn<(about: object, message: string) => void>();

beforeEach(() => {
  vi.useFakeTimers();
  [sent, looks, isSent] = [[], 0, true];
  volumes = {
    revision: 0,
    report: () => [],
    look: async () => {
      looks += 1;
      volumes.revision += 1;
    },
  };
  fileSystems = { read: async () => [root] };
  reporter = new DiskReporter({
    fileSystems,
    volumes,
    send: ({ type }) => {
      if (isSent) sent.push(type);
      return isSent;
    },
    log: { warn } as unknown as Log,
  });
});
afterEach(() => {
  reporter.onOffline();
  warn.mockReset();
  vi.useRealTimers();
});

/** What was sent within the time. */
async function within(milliseconds: number): Promise<string[]> {
  sent = [];
  await vi.advanceTimersByTimeAsync(milliseconds);
  return sent;
}

it("tells file systems at once and each minute, volumes after a moment and when there is news of them", async () => {
  reporter.onOnline({ major: 1, minor: 3 });
  expect(await within(0)).toEqual(["filesystems"]);
  expect(await within(10_000)).toEqual(["volumes"]);
  expect(await within(2 * minute)).toEqual(["filesystems", "filesystems"]);
  expect(looks).toBe(1);
  expect((await within(15 * minute)).filter((type) => type === "volumes")).toEqual(["volumes"]);
  expect(looks).toBe(2);
});

it("says nothing to a controller that does not know these messages, and measures nothing for it", async () => {
  reporter.onOnline({ major: 1, minor: 2 });
  reporter.onEvent({ action: "start" });
  expect(await within(60 * minute)).toEqual([]);
  expect(looks).toBe(0);
});

it("looks at volumes once, soon after containers came or went", async () => {
  reporter.onOnline({ major: 1, minor: 3 });
  await within(minute);
  for (const action of ["start", "start", "destroy", "die"]) reporter.onEvent({ action });
  expect(await within(11_000)).toEqual(["volumes"]);
  reporter.onEvent({ action: "die" });
  await within(11_000);
  expect(looks).toBe(2);
});

it("ends when the controller goes away, and tells the next one all that is known", async () => {
  let signal: AbortSignal | undefined;
  volumes.look = async (given) => {
    signal = given;
    volumes.revision += 1;
    return new Promise(() => undefined);
  };
  reporter.onOnline({ major: 1, minor: 3 });
  await within(10_000);
  // It takes long: what is known already is told with the next minute.
  expect(await within(minute)).toEqual(["volumes", "filesystems"]);
  reporter.onOffline();
  expect(signal?.aborted).toBe(true);
  expect(await within(60 * minute)).toEqual([]);
  reporter.onOnline({ major: 1, minor: 3 });
  await vi.advanceTimersByTimeAsync(0);
  expect(sent).toEqual(["volumes", "filesystems"]);
});

it("looks again in a minute when it came to nothing, as while Docker is away", async () => {
  const { look } = volumes;
  volumes.look = async () => Promise.reject(new Error("Docker does not answer"));
  reporter.onOnline({ major: 1, minor: 3 });
  expect(await within(minute - 1)).toEqual(["filesystems"]);
  volumes.look = look;
  expect(await within(1)).toEqual(["filesystems", "volumes"]);
  await within(2 * minute);
  expect(looks).toBe(1);
});

it("tells volumes again when they could not be sent", async () => {
  reporter.onOnline({ major: 1, minor: 3 });
  isSent = false;
  await within(11_000);
  isSent = true;
  expect(await within(minute)).toEqual(["volumes", "filesystems"]);
});

it("warns once for as long as something does not work, and again when it fails anew", async () => {
  const [{ look }, { read }] = [volumes, fileSystems];
  const warnings = () => warn.mock.calls.map(([, message]) => message).toSorted();
  const fail = async (): Promise<never> => Promise.reject(new Error("it does not answer"));
  const once = ["the node's file systems could not be read", "volumes could not be looked at"];
  [volumes.look, fileSystems.read] = [fail, fail];
  reporter.onOnline({ major: 1, minor: 3 });
  await within(10 * minute);
  expect(warnings()).toEqual(once);
  [volumes.look, fileSystems.read] = [look, read];
  await within(2 * minute);
  [volumes.look, fileSystems.read] = [fail, fail];
  await within(20 * minute);
  expect(warnings()).toEqual([...once, ...once].toSorted());
});
