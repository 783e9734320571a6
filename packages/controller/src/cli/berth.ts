/** Entry of the `berth` command. It loads next to nothing itself, so that `berth --version` costs what Node costs. */
import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };

const words = process.argv.slice(2);

if (words.length === 1 && (words[0] === "--version" || words[0] === "-V")) {
  process.stdout.write(`${packageJson.version}\n`);
} else {
  // Compiled code is kept between starts: half of the time of a command is V8 reading the same files again.
  enableCompileCache(join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "berth", "compile"));
  const [{ runCli }, { processTerminal }] = await Promise.all([import("./main.ts"), import("./terminal.ts")]);
  process.exitCode = await runCli(words, processTerminal());
}
