import { defineConfig } from "vitest/config";
import { FleetOrder } from "./packages/lab/test/fleet/order.ts";

/** Longer than a command of the lab may take, so that what it waited for is told. */
const patience = { testTimeout: 900_000, hookTimeout: 1_800_000 };

/** Each alone, as users' machines do one thing at a time too; what engines, browsers and kernels refuse once is tried again: `berth test` names it. */
const realParts = { fileParallelism: false, retry: 1, runner: "packages/lab/test/timed-runner.ts", ...patience };

/**
 * Unit tests stand beside the code they test and need nothing but Node. Integration tests meet one real part after the
 * other (root, Debian); those of the fleet meet all of them in a lab.
 */
export default defineConfig({
  test: {
    sequence: { sequencer: FleetOrder },
    projects: [
      {
        test: {
          name: "unit",
          include: ["packages/*/src/**/*.test.ts"],
          exclude: ["**/*.integration.test.ts"],
          testTimeout: 30_000,
          // On two cores, one less would be one.
          maxWorkers: "100%",
        },
      },
      {
        test: {
          name: "integration",
          include: ["packages/*/src/**/*.integration.test.ts", "packages/lab/test/*.test.ts"],
          ...realParts,
          // A part alone takes minutes at the very most: what hangs is not to cost a quarter of an hour.
          testTimeout: 300_000,
        },
      },
      {
        test: {
          name: "fleet",
          include: ["packages/lab/test/fleet/*.test.ts"],
          globalSetup: ["packages/lab/test/fleet/global.ts"],
          ...realParts,
        },
      },
    ],
  },
});
