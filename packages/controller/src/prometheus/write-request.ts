/**
 * Prometheus' remote write, version 1: a protobuf message, compressed as one block of Snappy. Pure.
 * https://prometheus.io/docs/specs/prw/remote_write_spec/
 */
import { PbfWriter } from "pbf";
import { compress } from "snappyjs";
import type { SeriesValue } from "./series.ts";

export const writeRequestHeaders = {
  "content-type": "application/x-protobuf",
  "content-encoding": "snappy",
  "x-prometheus-remote-write-version": "0.1.0",
};

/** All values are of one moment, in milliseconds since the epoch. */
export function writeRequest(values: readonly SeriesValue[], at: number): Uint8Array {
  const writer = new PbfWriter();
  for (const value of values) writer.writeMessage(1, writeSeries, { ...value, at });
  return compress(writer.finish());
}

interface SeriesOfMoment extends SeriesValue {
  at: number;
}

function writeSeries({ name, labels, value, at }: SeriesOfMoment, writer: PbfWriter): void {
  const all = Object.entries({ ...labels, __name__: name });
  // The specification wants them sorted, by their bytes.
  for (const label of all.toSorted(([one], [other]) => (one < other ? -1 : 1)))
    writer.writeMessage(1, writeLabel, label);
  writer.writeMessage(2, writeSample, { value, at });
}

function writeLabel([name, value]: readonly [string, string], writer: PbfWriter): void {
  writer.writeStringField(1, name);
  writer.writeStringField(2, value);
}

function writeSample({ value, at }: { value: number; at: number }, writer: PbfWriter): void {
  writer.writeDoubleField(1, value);
  writer.writeVarintField(2, at);
}
