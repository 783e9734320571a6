/** The saved login: ~/.config/berth/config.json, readable by its owner alone because it holds a token. */
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { BerthError } from "@berth/shared/errors";
import * as z from "zod";

export const savedLoginSchema = z.strictObject({
  url: z.url(),
  account: z.string(),
  token: z.string(),
  expiresAt: z.iso.datetime(),
  certificate: z.string().optional().describe("PEM that the server must present or be signed by; left out: system CAs"),
});
export type SavedLogin = z.output<typeof savedLoginSchema>;

export function loginFile(environment: Readonly<Record<string, string | undefined>>): string {
  return join(environment["XDG_CONFIG_HOME"] ?? join(homedir(), ".config"), "berth", "config.json");
}

/** The saved login, or undefined when there is none. */
export async function readLogin(file: string): Promise<SavedLogin | undefined> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new BerthError("request.invalid", `The saved login ${file} cannot be read: ${error.message}`);
  });
  if (text === undefined) return undefined;
  const parsed = z.preprocess(parseJson, savedLoginSchema).safeParse(text);
  if (parsed.success) return parsed.data;
  throw new BerthError("request.invalid", `The saved login ${file} is not one that this version of Berth wrote.`, {
    hint: "Delete it and run `berth login URL` again.",
  });
}

/** Written beside and renamed, so that a crash leaves the old login or the new one. */
export async function writeLogin(file: string, login: SavedLogin): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${process.pid}`;
  await rm(temporary, { force: true });
  await writeFile(temporary, `${JSON.stringify(login, null, 2)}\n`, { mode: 0o600, flag: "wx" });
  await rename(temporary, file);
}

export async function removeLogin(file: string): Promise<void> {
  await rm(file, { force: true });
}

function parseJson(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return undefined; // not what the schema expects, which says so
  }
}
