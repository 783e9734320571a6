/** From which value on something is shown as bad, or as good. */
const colors = { good: "green", bad: "red", plain: "blue" } as const;

export function thresholdsOf({ badFrom, goodFrom }: { badFrom?: number; goodFrom?: number }) {
  return { mode: "absolute" as const, steps: stepsOf(badFrom, goodFrom) };
}

function stepsOf(badFrom: number | undefined, goodFrom: number | undefined) {
  if (badFrom !== undefined)
    return [
      { color: colors.good, value: null },
      { color: colors.bad, value: badFrom },
    ];
  if (goodFrom !== undefined)
    return [
      { color: colors.bad, value: null },
      { color: colors.good, value: goodFrom },
    ];
  return [{ color: colors.plain, value: null }];
}
