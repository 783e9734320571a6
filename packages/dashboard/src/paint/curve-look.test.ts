import { expect, it } from "vitest";
import { colourNumber, curveDash } from "./curve-look.ts";

const lookOf = (index: number) => `${colourNumber(index)} ${curveDash(index).join(",")}`;
const indices = (length: number) => Array.from({ length }, (_, index) => index);

it("gives no two curves of a chart the same colour and dash", () => {
  expect(new Set(indices(24).map(lookOf)).size).toBe(24);
});

it("gives the first six a dash of their own, and the first dozen one that colours tell apart that everybody sees", () => {
  expect(new Set(indices(6).map((index) => curveDash(index).join())).size).toBe(6);
  const pairs = indices(6).map((index) => {
    const other = indices(12).findLast((one) => curveDash(one) === curveDash(index)) ?? index;
    return [colourNumber(index), colourNumber(other)].toSorted().join();
  });
  expect(new Set(pairs)).toEqual(new Set(["1,2", "3,6", "4,5"]));
});
