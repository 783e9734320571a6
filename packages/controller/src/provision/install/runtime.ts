/** Where a Node runtime for hosts comes from: this process's own binary, or the npm package of another architecture. */
import { copyFile, mkdtemp, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BerthError } from "@berth/shared/errors";
import { execa } from "execa";
import * as z from "zod";

/** As Debian names it. */
export const architectureSchema = z.enum(["amd64", "arm64"]);
export type Architecture = z.output<typeof architectureSchema>;

/** Version of Node that hosts get: that of the controller. */
export const runtimeVersion = process.version;

const npmNames: Record<Architecture, string> = { amd64: "x64", arm64: "arm64" };
const fetchMilliseconds = 300_000;

/** The controller's, or null when no host can have it. */
export function ownArchitecture(): Architecture | null {
  return architectureSchema.options.find((architecture) => npmNames[architecture] === process.arch) ?? null;
}

/** Path of a Node binary that runs on any Debian or Ubuntu host of this architecture. */
export async function findRuntime(directory: string, architecture: Architecture): Promise<string> {
  if (isPortable(architecture)) return process.execPath;
  const file = join(directory, `node-${runtimeVersion}-linux-${architecture}`);
  const present = await stat(file).then(
    () => true,
    () => false,
  );
  if (!present) await fetchRuntime(file, architecture);
  return file;
}

/** Whether this process's own binary will do: of that architecture, for glibc, and with all its libraries inside. */
function isPortable(architecture: Architecture): boolean {
  if (process.platform !== "linux" || process.arch !== npmNames[architecture]) return false;
  const usesSharedLibraries = Object.entries(process.config.variables).some(
    ([name, value]) => name.startsWith("node_shared") && value === true,
  );
  return !usesSharedLibraries && hasGlibc();
}

function hasGlibc(): boolean {
  const report = process.report.getReport();
  return "header" in report && "glibcVersionRuntime" in (report.header as object);
}

/** From the npm package that the package `node` is made of. */
async function fetchRuntime(file: string, architecture: Architecture): Promise<void> {
  const name = `node-linux-${npmNames[architecture]}@${runtimeVersion.slice(1)}`;
  const work = await mkdtemp(join(tmpdir(), "berth-runtime-"));
  try {
    const options = { cwd: work, timeout: fetchMilliseconds, stdin: "ignore" } as const;
    const { stdout } = await execa("npm", ["pack", "--silent", name], options);
    const archive = stdout.trim().split("\n").at(-1) ?? "";
    await execa("tar", ["-xzf", archive, "package/bin/node"], options);
    await copyFile(join(work, "package/bin/node"), `${file}.next`);
    await rename(`${file}.next`, file);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
    throw new BerthError(
      "install.failed",
      `No Node ${runtimeVersion} for ${architecture} hosts is at hand: ${reason}`,
      {
        hint: `Put the file bin/node of the npm package ${name} at ${file} on the controller.`,
        cause,
      },
    );
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
