/** What cannot be seen, or was not watched for long enough, ends nothing. */
import { effectiveRules } from "@berth/shared/fleet/alert-rules";
import { alertsSchema } from "@berth/shared/fleet/alerts";
import { expect, test } from "vitest";
import { evaluate } from "./evaluate.ts";
import { observe } from "./observe.ts";
import { createReadings } from "./readings.ts";
import type { AlertState } from "./state.ts";
import { containerRow, GiB, healthy, instance, means, node, nodeRow, now, points, status } from "./test-fixtures.ts";
import type { AlertView } from "./view.ts";

const minute = 60_000;
const rules = effectiveRules(alertsSchema.parse({ rules: { busy: { node: "cpuCores", above: 1, for: "1m" } } }));

/** Looks each minute, at what each of the views shows. */
function lookAt(views: readonly Partial<AlertView>[]): ReadonlyMap<string, AlertState> {
  let active: ReadonlyMap<string, AlertState> = new Map();
  for (const [index, changes] of views.entries()) {
    const at = now + index * minute;
    const look = observe(rules, healthy({ now: at, ...changes }));
    ({ active } = evaluate(active, look, { now: at, returnsOf: () => 0 }));
  }
  return active;
}

const phase = (states: ReadonlyMap<string, AlertState>, key: string) => states.get(key)?.phase;
const times = (count: number, changes: Partial<AlertView>) => Array.from({ length: count }, () => changes);

test("a node that went away, and whose last samples are fresh yet, ends nothing that was measured on it", () => {
  const last = nodeRow({
    cpuCores: 2,
    diskSizeBytes: GiB,
    diskUsedBytes: GiB,
    memoryBytes: GiB,
    memoryLimitBytes: GiB,
  });
  const full = { means: means(last, { "user1-n8n": containerRow({ processes: 1 }) }) };
  const away = status([node({ state: "offline" })], []);
  const before = times(20, full);
  for (const views of [before, [...before, { ...full, status: away }], [...before, ...times(20, { status: away })]]) {
    const states = lookAt(views);
    for (const key of ["disk-full/user1", "node-memory/user1", "busy/user1"]) expect(phase(states, key)).toBe("firing");
  }
});

test("a disk that fills goes on filling while nobody can tell yet, as after a restart of the controller", () => {
  const used = means(nodeRow({ memoryLimitBytes: 1, diskSizeBytes: 1000, diskUsedBytes: 660 }));
  const filling = (count: number) => ({ means: used, disk: () => points(count, (of) => 600 + of) });
  const before = times(62, filling(61));
  const key = "disk-filling/user1";
  expect(phase(lookAt(before), key)).toBe("firing");
  expect(phase(lookAt([...before, ...times(60, filling(20))]), key)).toBe("firing");
  expect(
    phase(lookAt([...before, ...times(60, { means: used, disk: () => points(61, () => 660) })]), key),
  ).toBeUndefined();
});

test("a container that restarts goes on restarting after a restart of the controller, until all of the time was watched", () => {
  const key = "container-restarting/user1/user1-n8n";
  const before = times(20, { restarts: () => ({ count: 4, isWhole: true }) });
  expect(phase(lookAt(before), key)).toBe("firing");
  const readings = createReadings();
  const start = now + before.length * minute;
  const afterwards = Array.from({ length: 90 }, (_, index): Partial<AlertView> => {
    const at = start + index * minute;
    const containers = instance().containers.map((one) => ({ ...one, restarts: index === 0 ? 7 : 8 }));
    readings.note({ instances: [instance({ containers })] }, at);
    const seen = readings.restarts("user1", "user1-n8n", { seconds: 900, now: at });
    return { restarts: () => seen };
  });
  expect(phase(lookAt([...before, ...afterwards.slice(0, 15)]), key)).toBe("firing");
  expect(phase(lookAt([...before, ...afterwards]), key)).toBeUndefined();
});
