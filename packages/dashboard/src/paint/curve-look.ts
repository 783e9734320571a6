/** How curves of one chart differ: by colour and dash together, and beyond a dozen by their names. */
import { palette } from "./palette.ts";

const colours = 6;
const dashes: readonly number[][] = [[], [6, 3], [2, 3], [9, 3, 2, 3], [14, 4], [9, 3, 2, 3, 2, 3]];
/**
 * The dash of each colour, for the first six curves, the next six, and so on. Of the first dozen, two with the same dash
 * have colours that differ also for who cannot tell red from green: blue and orange, green and olive, purple and red.
 */
const rounds: readonly number[][] = [
  [0, 1, 2, 3, 4, 5],
  [1, 0, 5, 4, 3, 2],
  [2, 3, 4, 5, 0, 1],
  [4, 5, 0, 1, 2, 3],
];
/** What is beyond has its name beside it. */
export const toldByLook = 12;

/** Of a curve of an earlier time: dots, of round ends. */
export const earlierDash: readonly number[] = [0.1, 4];

/** Of the style sheet's `curve-1` to `curve-6`. */
export function colourNumber(index: number): number {
  return (index % colours) + 1;
}

export function curveDash(index: number): readonly number[] {
  const round = rounds[Math.floor(index / colours) % rounds.length];
  return dashes[round?.[index % colours] ?? 0] ?? [];
}

export function curveColour(index: number): string {
  const { curves, line } = palette();
  return curves[colourNumber(index) - 1] ?? line;
}
