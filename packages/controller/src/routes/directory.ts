/** The routes as a file for Traefik's file provider. */
import { open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import pLimit from "p-limit";
import { BerthError } from "@berth/shared/errors";
import type { TraefikConfiguration } from "@berth/shared/routes/traefik";
import { stringify } from "yaml";

export const routesFileName = "berth.yaml";

/** Traefik runs as somebody else than the controller. */
const mode = 0o644;
const heading = "# Berth's routes, for Traefik's file provider. Berth writes this file anew whenever they change.\n";

export interface RoutesDirectory {
  /**
   * Makes the file in `directory` hold the configuration; null: no directory is set. A file in the directory that was
   * set before goes. Throws `request.invalid` with what is in the way.
   */
  write: (directory: string | null, configuration: TraefikConfiguration) => Promise<void>;
}

export function createRoutesDirectory(): RoutesDirectory {
  const oneByOne = pLimit(1);
  let former: string | null = null;

  async function write(directory: string | null, configuration: TraefikConfiguration): Promise<void> {
    try {
      if (former !== null && former !== directory) await rm(join(former, routesFileName), { force: true });
      former = directory;
      if (directory !== null) await replaceWhenChanged(directory, `${heading}${stringify(configuration)}`);
    } catch (error) {
      throw cannotWrite(directory ?? former ?? "", error);
    }
  }

  return { write: (directory, configuration) => oneByOne(() => write(directory, configuration)) };
}

async function replaceWhenChanged(directory: string, content: string): Promise<void> {
  const path = join(directory, routesFileName);
  if ((await readIfPresent(path)) === content) return;
  // Traefik reads *.yaml, *.yml and *.toml only, so it never sees the draft. One that a crash left is written over.
  const draft = join(directory, `.${routesFileName}.draft`);
  try {
    await writeDurably(draft, content);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

async function writeDurably(path: string, content: string): Promise<void> {
  const file = await open(path, "w", mode);
  try {
    // The controller's umask keeps what it makes to itself.
    await file.chmod(mode);
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function readIfPresent(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

function cannotWrite(directory: string, cause: unknown): BerthError {
  return new BerthError("request.invalid", `The routes cannot be written to ${directory}: ${reasonOf(cause)}`, {
    hint:
      "The directory has to be there and writable for the controller; under systemd, " +
      `\`systemctl edit berth\` adds ReadWritePaths=${directory} to [Service].`,
    cause,
  });
}

function reasonOf(cause: unknown): string {
  if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return "it is not there";
  return cause instanceof Error ? cause.message : String(cause);
}
