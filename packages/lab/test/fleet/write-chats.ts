/**
 * A program for the lab's network: keeps writing chats into an instance, whatever becomes of it, and prints each that was
 * acknowledged with the release that took it. Arguments: where the instance listens, and what the titles begin with.
 */
import { setTimeout as pause } from "node:timers/promises";
import * as z from "zod";

const [url = "", prefix = ""] = process.argv.slice(2);
const betweenMilliseconds = 50;
const requestMilliseconds = 2000;
const answerSchema = z.object({ title: z.string(), release: z.string() });

async function write(title: string): Promise<void> {
  const response = await fetch(`${url}/api/v1/chats`, {
    method: "POST",
    body: JSON.stringify({ title }),
    signal: AbortSignal.timeout(requestMilliseconds),
  });
  const answer = answerSchema.parse(await response.json());
  process.stdout.write(`${answer.release} ${answer.title}\n`);
}

for (let number = 1; ; number += 1) {
  // Not acknowledged: nobody may rely on it.
  await write(`${prefix}-${number}`).catch(() => undefined);
  await pause(betweenMilliseconds);
}
