/**
 * A controller for runner.crash.test.ts, killed there with SIGKILL at random moments: carries the plan in `plan.json` of
 * the given directory out, or carries on with it. Its handler does what an agent does: it journals each operation and
 * performs none a second time.
 */
import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { planSchema } from "@berth/shared/operations/plan";
import { openInventory } from "../inventory/open.ts";
import { createRunner } from "./runner.ts";
import { handlersWith, imageResult } from "./test-plans.ts";

const directory = process.argv[2] ?? "";
const journal = join(directory, "journal");
const inventory = await openInventory({ file: join(directory, "inventory.sqlite") });
const runner = createRunner({
  inventory,
  handlers: handlersWith(async ({ operationId, input, attempt }) => {
    appendFileSync(journal, `called ${input.image} ${operationId} ${attempt}\n`);
    if (readFileSync(journal, "utf8").includes(`done ${input.image} `)) return imageResult;
    await sleep(Math.random() * 15);
    appendFileSync(journal, `done ${input.image} ${operationId} ${attempt}\n`);
    return imageResult;
  }),
  log: { error: (fields, message) => void process.stderr.write(`${message} ${JSON.stringify(fields)}\n`) },
  concurrency: { total: 4, perNode: 2 },
});
process.stdout.write("ready\n");
const interrupted = await runner.resumeInterrupted();
const plan = planSchema.parse(JSON.parse(readFileSync(join(directory, "plan.json"), "utf8")));
const known = interrupted?.id ?? (await runner.list(1))[0]?.id;
const id = known ?? (await runner.start({ plan, kind: "apply", account: "admin" }))?.id ?? 0;
const run = await runner.wait(id);
await runner.close();
await inventory.close();
process.exitCode = run.state === "succeeded" ? 0 : 1;
