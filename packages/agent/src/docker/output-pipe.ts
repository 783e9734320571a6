/**
 * A named pipe that a container's program writes to and the agent reads from. Docker's own streams do not do for data:
 * two seconds after a program's end it drops what a slow reader has not taken yet (moby, daemon/monitor.go).
 */
import { randomUUID } from "node:crypto";
import { constants, open as openFile } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { Socket } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { BerthError } from "@berth/shared/errors";
import { runProgram } from "../host-program.ts";

const open = promisify(openFile);

export class OutputPipe {
  /** Of the pipe on the node, for a container to mount. */
  readonly path: string;
  /** What is written, no faster than it is read; it ends once all is read that was written until `end`. */
  readonly reader: Socket;
  readonly #writer: Socket;

  private constructor(path: string, reader: Socket, writer: Socket) {
    this.path = path;
    this.reader = reader;
    this.#writer = writer;
  }

  static async make(directory: string): Promise<OutputPipe> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const path = join(directory, randomUUID());
    // Not every image runs its programs as root.
    const { code, stderr } = await runProgram(["mkfifo", "--mode=622", path], AbortSignal.timeout(30_000));
    if (code !== 0) throw new BerthError("internal", `Cannot make the pipe ${path}: ${stderr.trim()}`);
    const reader = new Socket({ fd: await open(path, constants.O_RDONLY | constants.O_NONBLOCK), writable: false });
    // Without a writer of our own it would end before the program has opened it.
    const writer = new Socket({ fd: await open(path, constants.O_WRONLY | constants.O_NONBLOCK), readable: false });
    // Whoever reads is told; until somebody does, it is nobody's.
    reader.on("error", () => undefined);
    return new OutputPipe(path, reader, writer);
  }

  /** The program has it open: it needs no name any more. */
  async removeName(): Promise<void> {
    await rm(this.path, { force: true });
  }

  /** Nobody writes any more. With an error, reading fails with it at once. */
  end(error?: Error): void {
    this.#writer.destroy();
    if (error !== undefined) this.reader.destroy(error);
  }

  /** Nobody reads any more, either: whoever still writes gets EPIPE. */
  async remove(): Promise<void> {
    this.end();
    this.reader.destroy();
    await this.removeName();
  }
}
