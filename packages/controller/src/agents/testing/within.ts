const patienceMilliseconds = 10_000;

/** The promise's value, or an error that says what did not come. */
export async function within<T>(promise: Promise<T>, what: string, milliseconds = patienceMilliseconds): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${what} did not come within ${milliseconds} ms`)), milliseconds);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits until the condition holds, looking again after every turn of the event loop. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + patienceMilliseconds;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`${what} did not happen within ${patienceMilliseconds} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
