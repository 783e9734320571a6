/** From where on it matters how full something is. Pure. */

export type FillLevel = "well" | "warning" | "problem";

const lines = {
  memory: { warning: 0.9, problem: Number.POSITIVE_INFINITY },
  disk: { warning: 0.85, problem: 0.95 },
};
/** So far below a line it must be to be better again: what is about there would come and go each few seconds. */
const slack = 0.03;

/** `before`: its level when it was looked at last. */
export function fillLevel(what: keyof typeof lines, share: number, before: FillLevel = "well"): FillLevel {
  const { warning, problem } = lines[what];
  if (share >= problem - (before === "problem" ? slack : 0)) return "problem";
  return share >= warning - (before === "well" ? 0 : slack) ? "warning" : "well";
}
