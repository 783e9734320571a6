import { defineConfig } from "vitest/config";

/** Unit tests stand beside the code they test and need nothing but Node; integration tests need the lab (root, Debian). */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["packages/*/src/**/*.test.ts"],
          exclude: ["**/*.integration.test.ts"],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: "integration",
          include: ["packages/*/src/**/*.integration.test.ts", "packages/lab/test/**/*.test.ts"],
          // Longer than a command of the lab may take, so that what it waited for is told.
          testTimeout: 900_000,
          hookTimeout: 1_800_000,
          fileParallelism: false,
          // Real engines, browsers and kernels on a machine that others slow down: `berth test` names what needed it.
          retry: 1,
          globalSetup: ["packages/lab/test/fleet/global.ts"],
        },
      },
    ],
  },
});
