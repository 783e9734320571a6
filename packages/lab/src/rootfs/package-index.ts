import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { runCommand } from "../host/command.ts";

/** Writes `Packages` and `Release` beside the .deb files of a folder, which makes it a repository that apt can read. */
export async function indexPackages(directory: string): Promise<void> {
  const files = (await readdir(directory)).filter((name) => name.endsWith(".deb")).toSorted();
  const paragraphs: string[] = [];
  for (const file of files) {
    const path = join(directory, file);
    const control = await runCommand(["dpkg-deb", "--field", path]);
    const { size } = await stat(path);
    paragraphs.push(`${control.trim()}\nFilename: ./${file}\nSize: ${size}\nSHA256: ${await sha256Of(path)}\n`);
  }
  const index = paragraphs.join("\n");
  await writeFile(join(directory, "Packages"), index);
  await writeFile(join(directory, "Release"), renderRelease(index));
}

/** Names the index and its checksum. Nobody signs it: the lab's LXCs are told to trust the mirror. */
export function renderRelease(index: string): string {
  const digest = createHash("sha256").update(index).digest("hex");
  return `Origin: Berth lab\nSuite: lab\nSHA256:\n ${digest} ${Buffer.byteLength(index)} Packages\n`;
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
