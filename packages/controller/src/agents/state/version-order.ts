/** Whether `one` is an older version than `other`, by major, minor and patch. False when either is not a version. */
export function isOlderVersion(one: string, other: string): boolean {
  const left = parse(one);
  const right = parse(other);
  if (left === undefined || right === undefined) return false;
  for (const [index, number] of left.entries()) {
    const difference = number - (right[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function parse(version: string): number[] | undefined {
  const match = /^v?(\d{1,9})\.(\d{1,9})\.(\d{1,9})/.exec(version);
  return match?.slice(1).map(Number);
}
