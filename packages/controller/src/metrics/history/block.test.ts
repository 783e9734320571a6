import fc from "fast-check";
import { expect, it } from "vitest";
import { addBlock, type ColumnNames, packBlock } from "./block.ts";
import { relativePrecision } from "./code.ts";
import { Gathered } from "./gathered.ts";

const known = ["processes", "inflight", "memoryBytes"];
const names: ColumnNames = { idOf: (name) => known.indexOf(name), nameOf: (id) => known[id] };
const length = 720;
const step = 10_000;

const point = fc.record({
  place: fc.nat({ max: length - 1 }),
  weight: fc.integer({ min: 1, max: 1000 }),
  // What is not measured is no number.
  average: fc.oneof(fc.double({ min: 0, max: 2 ** 50, noNaN: true }), fc.constant(Number.NaN)),
  above: fc.double({ min: 0, max: 2 ** 40, noNaN: true }),
});

it("gives back what was packed, to the stated precision", () => {
  const curves = fc.array(fc.tuple(fc.constantFrom(...known), point), { maxLength: 80 });
  fc.assert(
    fc.property(curves, (points) => {
      const packed = new Gathered(0, step, length);
      for (const [column, { place, weight, average, above }] of points) {
        packed.count(place, weight);
        packed.add(packed.curve(column), place, average, average + above, weight);
      }
      const read = new Gathered(0, step, length);
      addBlock(read, { from: 0, stepMilliseconds: step, data: packBlock(packed, names) }, names);
      expect(read.counts).toEqual(packed.counts);
      for (const [column, curve] of packed.curves) {
        const found = read.curve(column);
        for (let place = 0; place < length; place += 1) {
          const tolerance = (value: number) => 1 + value * relativePrecision * 2;
          const [average, most] = [packed.average(curve, place), curve.most[place] ?? Number.NaN];
          if (Number.isNaN(average)) expect(read.average(found, place)).toBeNaN();
          else expect(Math.abs(read.average(found, place) - average)).toBeLessThanOrEqual(tolerance(average));
          if (!Number.isNaN(most))
            expect(Math.abs((found.most[place] ?? NaN) - most)).toBeLessThanOrEqual(tolerance(most));
        }
      }
    }),
    { numRuns: 60 },
  );
});

it("leaves out columns that nobody knows any more, and those that are not wanted", () => {
  const packed = new Gathered(0, step, length);
  packed.count(3, 1);
  for (const name of known) packed.add(packed.curve(name), 3, 7, 7, 1);
  const data = packBlock(packed, names);
  const read = (of: ColumnNames, wanted?: ReadonlySet<string>) => {
    const target = new Gathered(0, step, length);
    addBlock(target, { from: 0, stepMilliseconds: step, data }, of, wanted);
    return [...target.curves.keys()];
  };
  expect(read({ ...names, nameOf: (id) => (id === 1 ? undefined : known[id]) })).toEqual(["processes", "memoryBytes"]);
  expect(read(names, new Set(["memoryBytes"]))).toEqual(["memoryBytes"]);
});

it("finds what a disk has spoilt", () => {
  const packed = new Gathered(0, step, length);
  for (let place = 0; place < length; place += 1) {
    packed.count(place, 1);
    packed.add(packed.curve("memoryBytes"), place, place * 1000 + (place % 7), place * 2000, 1);
  }
  const data = packBlock(packed, names);
  fc.assert(
    fc.property(fc.nat({ max: data.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const spoilt = Buffer.from(data);
      spoilt[at] = (spoilt[at] ?? 0) ^ change;
      const target = new Gathered(0, step, length);
      try {
        addBlock(target, { from: 0, stepMilliseconds: step, data: spoilt }, names);
      } catch {
        return;
      }
      // What is not found out did no harm: the length before the block, or what zstd does not use.
      const right = new Gathered(0, step, length);
      addBlock(right, { from: 0, stepMilliseconds: step, data }, names);
      expect(target).toEqual(right);
    }),
  );
});
