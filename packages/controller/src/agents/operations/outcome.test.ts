import { expect, test } from "vitest";
import { byControllerClock } from "./outcome.ts";

const noon = Date.parse("2026-11-30T12:00:00.000Z");

test("phases of a node whose clock is off are told by the controller's", () => {
  const hour = 3_600_000;
  const phases = [
    { name: "stop", target: "user1-n8n", at: noon + hour, milliseconds: 2000 },
    { name: "start", target: "user1-n8n", at: noon + hour + 2000, milliseconds: 800 },
  ];
  expect(byControllerClock(phases, { now: noon + 3000, skewMilliseconds: hour })).toEqual([
    { name: "stop", target: "user1-n8n", at: noon, milliseconds: 2000 },
    { name: "start", target: "user1-n8n", at: noon + 2000, milliseconds: 800 },
  ]);
});

test("none ends after it was told, and all keep their distances", () => {
  const phases = [
    { name: "stop", at: noon, milliseconds: 2000 },
    { name: "start", at: noon + 2100, milliseconds: 800 },
  ];
  expect(byControllerClock(phases, { now: noon + 2500, skewMilliseconds: 0 })).toEqual([
    { name: "stop", at: noon - 400, milliseconds: 2000 },
    { name: "start", at: noon + 1700, milliseconds: 800 },
  ]);
});
