/**
 * The bare loop that the agent is measured against: it reads the same files as often, and does nothing with them.
 * Argument: a JSON file of two lists of paths, those read each second and those read every five seconds.
 */
import { openSync, readFileSync, readSync } from "node:fs";

const [often, seldom] = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")).map((paths) =>
  paths.map((path) => openSync(path, "r")),
);
const buffer = Buffer.alloc(65_536);
let seconds = 0;

function read(descriptors) {
  for (const descriptor of descriptors) readSync(descriptor, buffer, 0, buffer.length, 0);
}

setInterval(() => {
  read(often);
  if (seconds % 5 === 0) read(seldom);
  seconds += 1;
}, 1000);
