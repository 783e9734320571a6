/**
 * An agent at rest makes little garbage, and V8 collects little garbage seldom: in a small heap it would still double
 * what each node gives for its agent. A collection every few minutes costs less than a thousandth of a core.
 */
const firstMilliseconds = 30_000;
const everyMilliseconds = 5 * 60_000;

/** Does something only where Node runs with --expose-gc, as the agent's service does. */
export function collectAtRest(): void {
  const { gc } = globalThis;
  if (gc === undefined) return;
  const collect = (): void => {
    gc({ type: "major", execution: "sync", flavor: "last-resort" });
  };
  setTimeout(collect, firstMilliseconds).unref();
  setInterval(collect, everyMilliseconds).unref();
}
