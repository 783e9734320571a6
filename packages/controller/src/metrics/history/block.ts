/**
 * A block: the points of one group over a span of time, packed. Column by column, as differences of codes (code.ts), their
 * bytes by significance, then zstd, whose checksum finds what a disk has spoilt.
 */
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { fromCode, noiseOf, toCode } from "./code.ts";
import { Gathered } from "./gathered.ts";

const version = 1;
/** More than any block holds: what claims more is damaged. */
const mostBytes = 64 * 1024 * 1024;

/** Columns by name outside, by number inside of the file. */
export interface ColumnNames {
  idOf: (name: string) => number;
  nameOf: (id: number) => string | undefined;
}

export function packBlock(gathered: Gathered, columns: ColumnNames): Buffer {
  const steps = [...gathered.counts.keys()].filter((step) => (gathered.counts[step] ?? 0) > 0);
  const parts: Uint8Array[] = [
    packInts(Int32Array.from(steps), true),
    packInts(
      Int32Array.from(steps, (step) => gathered.counts[step] ?? 0),
      true,
    ),
  ];
  const ids: number[] = [];
  for (const [column, curve] of gathered.curves) {
    const noise = noiseOf(column);
    const average = Int32Array.from(steps, (step) => toCode(gathered.average(curve, step), noise));
    if (average.every((code) => code === 0)) continue;
    // An average lies below its maximum, and the code grows with the value: only the distance is kept.
    const above = Int32Array.from(steps, (step, index) =>
      Math.max(0, toCode(curve.most[step] ?? Number.NaN, noise) - (average[index] ?? 0)),
    );
    ids.push(columns.idOf(column));
    parts.push(packInts(average, true), packInts(above, false));
  }
  const head = Uint32Array.of(version, steps.length, ids.length, ...ids);
  const whole = Buffer.concat([bytesOf(head), ...parts]);
  const packed = zstdCompressSync(whole, {
    params: { [constants.ZSTD_c_compressionLevel]: 9, [constants.ZSTD_c_checksumFlag]: 1 },
  });
  // Its length stands before it, so that unpacking makes one buffer, and that of the right size.
  return Buffer.concat([bytesOf(Uint32Array.of(whole.length)), packed]);
}

/** Adds what a block holds, of the columns that are wanted. Throws when it is damaged. */
export function addBlock(
  target: Gathered,
  block: { from: number; stepMilliseconds: number; data: Uint8Array },
  names: ColumnNames,
  wanted?: ReadonlySet<string>,
): void {
  const bytes = unpack(block.data);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== version) throw new RangeError("A block of the history is of an unknown version");
  const length = view.getUint32(4, true);
  const ids = Array.from({ length: view.getUint32(8, true) }, (_, index) => view.getUint32(12 + index * 4, true));
  const reader = new IntReader(bytes, 12 + ids.length * 4, length);
  const places = reader.read(new Int32Array(length), true);
  const counts = reader.read(new Int32Array(length), true);
  // Of one column after the other: a chart of a year reads thousands, and memory for each would cost more than reading.
  const averages = new Int32Array(length);
  const above = new Int32Array(length);
  for (let index = 0; index < length; index += 1) {
    const place = target.stepOf(block.from + (places[index] ?? 0) * block.stepMilliseconds) ?? -1;
    places[index] = place;
    if (place >= 0) target.count(place, counts[index] ?? 0);
  }
  for (const id of ids) {
    const name = names.nameOf(id);
    if (name === undefined || wanted?.has(name) === false) {
      reader.skip();
      reader.skip();
      continue;
    }
    reader.read(averages, true);
    reader.read(above, false);
    const curve = target.curve(name);
    for (let index = 0; index < length; index += 1) {
      const place = places[index] ?? -1;
      const code = averages[index] ?? 0;
      if (place < 0 || code === 0) continue;
      target.add(curve, place, fromCode(code), fromCode(code + (above[index] ?? 0)), counts[index] ?? 0);
    }
  }
}

/** Start of the first step that a block holds; undefined where it holds none. Throws when it is damaged. */
export function firstOfBlock(block: { from: number; stepMilliseconds: number; data: Uint8Array }): number | undefined {
  const bytes = unpack(block.data);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const places = new Int32Array(view.getUint32(4, true));
  new IntReader(bytes, 12 + view.getUint32(8, true) * 4, places.length).read(places, true);
  return places[0] === undefined ? undefined : block.from + places[0] * block.stepMilliseconds;
}

function unpack(data: Uint8Array): Uint8Array {
  const length = new DataView(data.buffer, data.byteOffset, data.byteLength).getUint32(0, true);
  if (length > mostBytes) throw new RangeError("A block of the history claims an impossible size");
  // One more than there is: a buffer that gets full would be followed by a second one.
  return zstdDecompressSync(data.subarray(4), { chunkSize: Math.max(1024, length + 1), maxOutputLength: mostBytes });
}

/** One byte that says how many bytes each number has, then their lowest bytes, then the next ones. */
function packInts(values: Int32Array, asDifferences: boolean): Uint8Array {
  const coded = new Uint32Array(values.length);
  let before = 0;
  let all = 0;
  values.forEach((value, index) => {
    const number = asDifferences ? zigzag(value - before) : value;
    coded[index] = number;
    before = value;
    all |= number;
  });
  const width = all === 0 ? 0 : Math.ceil((32 - Math.clz32(all)) / 8);
  const packed = new Uint8Array(1 + width * values.length);
  packed[0] = width;
  for (let plane = 0; plane < width; plane += 1) {
    coded.forEach((number, index) => {
      packed[1 + plane * values.length + index] = (number >>> (8 * plane)) & 0xff;
    });
  }
  return packed;
}

class IntReader {
  readonly #bytes: Uint8Array;
  readonly #length: number;
  #at: number;

  constructor(bytes: Uint8Array, at: number, length: number) {
    this.#bytes = bytes;
    this.#at = at;
    this.#length = length;
  }

  skip(): void {
    this.#at += 1 + this.#width() * this.#length;
    if (this.#at > this.#bytes.length) throw new RangeError("A block of the history ends before its last column");
  }

  /** Fills `values`, and answers it. */
  read(values: Int32Array, asDifferences: boolean): Int32Array {
    const start = this.#at + 1;
    const width = this.#width();
    this.skip();
    const length = this.#length;
    values.fill(0);
    // Byte by byte of significance, as they lie in memory.
    for (let plane = 0; plane < width; plane += 1) {
      const from = start + plane * length;
      const shift = 8 * plane;
      for (let index = 0; index < length; index += 1) {
        values[index] = (values[index] ?? 0) | ((this.#bytes[from + index] ?? 0) << shift);
      }
    }
    if (asDifferences) undoDifferences(values);
    return values;
  }

  #width(): number {
    const width = this.#bytes[this.#at] ?? 0;
    if (width > 4) throw new RangeError("A block of the history has numbers of an impossible size");
    return width;
  }
}

function undoDifferences(values: Int32Array): void {
  let value = 0;
  for (let index = 0; index < values.length; index += 1) {
    const coded = values[index] ?? 0;
    value += (coded >>> 1) ^ -(coded & 1);
    values[index] = value;
  }
}

function zigzag(value: number): number {
  return ((value << 1) ^ (value >> 31)) >>> 0;
}

function bytesOf(numbers: Uint32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(numbers.length * 4));
  numbers.forEach((number, index) => view.setUint32(index * 4, number, true));
  return new Uint8Array(view.buffer);
}
