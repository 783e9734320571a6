/**
 * A client of an instance, as somebody has its page open: asks through the router every 50 ms. Says "answered" once it was
 * answered first; when it is told to end, the longest time in milliseconds between two answers. Arguments: the router's
 * address, its CA's file, the route's host and a path.
 */
import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { setTimeout as pause } from "node:timers/promises";

const [address, caFile = "", host = "", path = "/"] = process.argv.slice(2);
const betweenMilliseconds = 50;
const requestMilliseconds = 2000;
const ca = readFileSync(caFile, "utf8");
const agent = new Agent({ keepAlive: true, maxSockets: 50 });
let answeredAt: number | undefined;
let longest = 0;

function ask(): void {
  const signal = AbortSignal.timeout(requestMilliseconds);
  const options = { host: address, port: 443, servername: host, headers: { host }, path, ca, agent, signal };
  const asking = request(options, (response) => {
    response.resume();
    response.on("error", () => undefined);
    if (response.statusCode === 200) answered();
  });
  // Not answered: that is what is measured.
  asking.on("error", () => undefined);
  asking.end();
}

function answered(): void {
  const now = performance.now();
  if (answeredAt === undefined) process.stdout.write("answered\n");
  else longest = Math.max(longest, now - answeredAt);
  answeredAt = now;
}

process.once("SIGTERM", () => {
  process.stdout.write(`${longest}\n`);
  process.exit();
});
for (;;) {
  ask();
  await pause(betweenMilliseconds);
}
