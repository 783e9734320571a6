import { expect, it } from "vitest";
import { runProgram } from "./host-program.ts";

const never = new AbortController().signal;
/** Its priority can only be changed once it runs. */
const ownPriority = ["sh", "-c", "sleep 0.3; nice"] as const;

it("tells how a program ended and what it said", async () => {
  expect(await runProgram(["sh", "-c", "echo out; echo err >&2; exit 3"], never)).toEqual({
    ...{ code: 3, stdout: "out\n", stderr: "err\n" },
  });
});

it("gives way to everything else when it is told to, and only then", async () => {
  const [usual, yielding] = await Promise.all([
    runProgram(ownPriority, never),
    runProgram(ownPriority, never, { yielding: true }),
  ]);
  expect([Number(usual.stdout) < 19, yielding.stdout]).toEqual([true, "19\n"]);
});

it("is over when it is aborted", async () => {
  const began = performance.now();
  const running = runProgram(["sleep", "60"], AbortSignal.timeout(100));
  await expect(running).rejects.toMatchObject({ name: "TimeoutError" });
  expect(performance.now() - began).toBeLessThan(10_000);
});
