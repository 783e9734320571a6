const firstMilliseconds = 500;
const mostMilliseconds = 10_000;

/**
 * How long to wait before reconnect number `attempt` (0 is the first): doubles from half a second to ten seconds,
 * spread by a quarter either way so that many pages do not return at one instant. `random` is in [0, 1).
 */
export function backoffMilliseconds(attempt: number, random: number): number {
  const base = Math.min(firstMilliseconds * 2 ** attempt, mostMilliseconds);
  return Math.round(base * (0.75 + random / 2));
}
