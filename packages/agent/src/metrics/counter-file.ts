/**
 * Files of /proc and /sys/fs/cgroup, opened once and read again and again into one buffer: a sample of thirty
 * containers makes no garbage to speak of.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { errorCode } from "../files.ts";

const bufferBytes = 64 * 1024;
const zero = 0x30;
const nine = 0x39;
const newline = 0x0a;
const space = 0x20;
const colon = 0x3a;

/** One for all files: they are read one after the other, and parsed before the next. */
const buffer = Buffer.allocUnsafe(bufferBytes + 1);

/** Errors that mean: the container or its control group is gone, or that the kernel was told not to measure it (PSI). */
const gone = new Set(["ENODEV", "ENOENT", "ESRCH", "EINVAL", "EOPNOTSUPP", "ENOTSUP"]);

export class CounterFile {
  readonly #descriptor: number;

  private constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** Null when there is no such file. */
  static open(path: string): CounterFile | null {
    try {
      return new CounterFile(openSync(path, "r"));
    } catch (error) {
      if (gone.has(errorCode(error) ?? "")) return null;
      throw error;
    }
  }

  /** Reads the file into the shared buffer; its length, or -1 when what it tells about is gone. */
  read(): number {
    try {
      const length = readSync(this.#descriptor, buffer, 0, bufferBytes, 0);
      buffer[length] = newline;
      return length;
    } catch (error) {
      if (gone.has(errorCode(error) ?? "")) return -1;
      throw error;
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  /** The file's first number; NaN when it is gone or says "max". */
  readNumber(): number {
    return this.read() > 0 ? numberAt(0) : Number.NaN;
  }

  /** The first number that stands behind `mark`; NaN when there is none. */
  readAfter(mark: Buffer): number {
    const length = this.read();
    return length < 0 ? Number.NaN : firstAfter(length, mark);
  }

  /** The number after the key, which is `keyOf` the wanted name. NaN when it is not there. */
  readKey(key: Buffer): number {
    const length = this.read();
    return length < 0 ? Number.NaN : keyIn(length, key);
  }
}

function firstAfter(length: number, mark: Buffer): number {
  const found = buffer.subarray(0, length).indexOf(mark);
  return found < 0 ? Number.NaN : numberAt(found + mark.length);
}

/** A key as `CounterFile.readKey` looks for it: at the start of a line, before a space. */
export function keyOf(name: string): Buffer {
  return Buffer.from(`\n${name} `);
}

function keyIn(length: number, key: Buffer): number {
  // The first line has no newline before it.
  const isFirst = key.compare(buffer, 0, key.length - 1, 1) === 0;
  const found = isFirst ? -1 : buffer.indexOf(key);
  if (!isFirst && (found < 0 || found >= length)) return Number.NaN;
  return numberAt(found + key.length);
}

function numberAt(start: number): number {
  let digit = buffer[start] ?? 0;
  if (digit < zero || digit > nine) return Number.NaN;
  let value = 0;
  for (let at = start; digit >= zero && digit <= nine; digit = buffer[at] ?? 0) {
    value = value * 10 + digit - zero;
    at += 1;
  }
  return value;
}

/** Two counters read together: received and transmitted, or read and written. */
export interface Pair {
  first: number;
  second: number;
}

/** Sums received and transmitted bytes of the interfaces that `counts` accepts, from /proc/<pid>/net/dev. */
export function readNetwork(file: CounterFile, counts: (name: string) => boolean, into: Pair): boolean {
  const length = file.read();
  if (length < 0) return false;
  into.first = 0;
  into.second = 0;
  let at = nextLine(nextLine(0, length), length);
  while (at < length) {
    while (buffer[at] === space) at += 1;
    const end = buffer.indexOf(colon, at);
    if (end < 0 || end >= length) break;
    if (counts(buffer.toString("latin1", at, end))) {
      into.first += fieldAt(end + 1, 0);
      into.second += fieldAt(end + 1, 8);
    }
    at = nextLine(end, length);
  }
  return true;
}

const rbytes = Buffer.from(" rbytes=");
const wbytes = Buffer.from(" wbytes=");
const read = Buffer.from(" Read ");
const write = Buffer.from(" Write ");

/** Sums bytes read and written over all devices, from io.stat or blkio.throttle.io_service_bytes. */
export function readDisk(file: CounterFile, version: 1 | 2, into: Pair): boolean {
  const length = file.read();
  if (length < 0) return false;
  // A view of what was read: a search that finds nothing would run through the whole buffer.
  const text = buffer.subarray(0, length);
  into.first = sumAfter(text, version === 2 ? rbytes : read);
  into.second = sumAfter(text, version === 2 ? wbytes : write);
  return true;
}

function sumAfter(text: Buffer, key: Buffer): number {
  let sum = 0;
  for (let found = text.indexOf(key); found >= 0; found = text.indexOf(key, found + key.length)) {
    sum += numberAt(found + key.length);
  }
  return sum;
}

/** The n-th number after `start`. */
function fieldAt(start: number, n: number): number {
  let at = start;
  for (let field = 0; ; field += 1) {
    while (buffer[at] === space) at += 1;
    if (field === n) return numberAt(at);
    while (buffer[at] !== space && buffer[at] !== newline) at += 1;
    if (buffer[at] === newline) return 0;
  }
}

function nextLine(start: number, length: number): number {
  const end = buffer.indexOf(newline, start);
  return end < 0 || end >= length ? length : end + 1;
}
