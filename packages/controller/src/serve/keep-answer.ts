/** For what is worth asking once in a while: the last answer, unless it is too old and there is a newer one. */
export function keepAnswer<Answer>(
  milliseconds: number,
  ask: () => Promise<Answer>,
  /** The last answer is kept. Without one, whoever asks is told. */
  onFailure: (error: unknown) => void,
): () => Promise<Answer> {
  let last: { answer: Answer } | undefined;
  let askedAt = -Infinity;
  return async () => {
    if (last !== undefined && performance.now() - askedAt <= milliseconds) return last.answer;
    askedAt = performance.now();
    try {
      last = { answer: await ask() };
    } catch (error) {
      if (last === undefined) throw error;
      onFailure(error);
    }
    return last.answer;
  };
}
