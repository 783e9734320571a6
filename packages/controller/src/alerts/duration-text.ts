/** For sentences: `3 days`, `1 hour`, `15 minutes`: the largest unit of which there are two, or whole ones. */
const units = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
] as const;

export function formatTime(seconds: number): string {
  for (const [name, length] of units) {
    if (seconds >= 2 * length || seconds === length) return counted(Math.floor(seconds / length), name);
  }
  return counted(Math.max(0, Math.round(seconds)), "second");
}

function counted(count: number, name: string): string {
  return `${count} ${name}${count === 1 ? "" : "s"}`;
}
