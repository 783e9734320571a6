import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { controllerArchivePath, createControllerBackup, type ControllerBackup } from "@berth/shared/api/recovery";
import { BerthError } from "@berth/shared/errors";
import { defineCommand, type CommandContext } from "../define-command.ts";
import { sizeText } from "../render/controller-backup.ts";

const backupSeconds = 20 * 60;

export default defineCommand({
  details:
    "Inventory, certificate authority, secrets with their key, and the files that the fleet refers to: what a controller " +
    "must have so that agents connect to it as to the former one. It goes to the fleet's backup target as one file that " +
    "the recovery key alone opens, and is read back and opened before it counts. Berth makes one by itself after the " +
    "other backups, and soon after each run that changed something. With --to it goes to a file, or to stdout.\n\n" +
    'With --json: {"id", "createdAt", "state", "bytes", "keyVersion", …}.',
  options: {
    to: { kind: "text", value: "FILE", completes: "file", description: "Into this file, - for stdout" },
  },
  examples: [
    { command: "berth controller backup", does: "to the backup target" },
    { command: "berth controller backup --to berth.tar.gz.age", does: "into a file, where no backup target is needed" },
  ],
  async run({ input: { to }, ...context }): Promise<ControllerBackup | { file: string } | undefined> {
    const client = await context.client();
    if (to === undefined) return client.call(createControllerBackup, { body: {}, deadlineSeconds: backupSeconds });
    const content = await client.download(controllerArchivePath);
    if (to === "-") {
      await pipeline(content, context.terminal.stdout, { end: false });
      return undefined;
    }
    await writeWhole(to, content, context);
    return { file: to };
  },
  render: (made, { style }) =>
    "file" in made
      ? [`The controller is backed up into ${made.file}.`]
      : [`${style.green("complete")} ${made.id}, ${sizeText(made.bytes)}: it was read back and opened.`],
});

/** The file is there as a whole, or not at all. */
async function writeWhole(file: string, content: AsyncIterable<Buffer>, { terminal }: CommandContext): Promise<void> {
  const draft = `${file}.part-${terminal.now()}`;
  try {
    await pipeline(content, createWriteStream(draft, { flags: "wx", mode: 0o600, flush: true }));
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    if (error instanceof BerthError || !(error instanceof Error)) throw error;
    throw new BerthError("request.invalid", `'${file}' cannot be written: ${error.message}`, { cause: error });
  }
}
