import { healthSchema } from "@berth/shared/catalog/schema";
import { describe, expect, it } from "vitest";
import { afterProbe, type HealthState, nextLookSeconds, starting } from "./health-state.ts";

const health = healthSchema.parse({ command: ["check"], intervalSeconds: 1, startPeriodSeconds: 30, failures: 3 });

/** States after one probe a second. */
function follow(results: (string | null)[], from: HealthState = starting): string[] {
  let state = from;
  return results.map((result, second) => {
    state = afterProbe(state, result, second, health);
    return `${state.state} ${nextLookSeconds(state, health)}`;
  });
}

describe("afterProbe", () => {
  it("is calm once healthy", () => {
    expect(follow(["no", "no", null, null])).toEqual(["starting 1", "starting 1", "healthy 10", "healthy 10"]);
  });

  it("takes several failures in a row, looked at closely, to become unhealthy", () => {
    const results = [null, "no", "no", null, "no", "no", "no", null];
    expect(follow(results)).toEqual([
      "healthy 10",
      "healthy 1",
      "healthy 1",
      "healthy 10",
      "healthy 1",
      "healthy 1",
      "unhealthy 10",
      "healthy 10",
    ]);
  });

  it("gives a start its period", () => {
    expect(afterProbe(starting, "no", 29, health).state).toBe("starting");
    expect(afterProbe(starting, "no", 31, health).state).toBe("unhealthy");
  });
});
