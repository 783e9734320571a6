/** Asks once for the same object: what was answered last is kept, and nothing when asking throws. */
export function rememberLast<Of extends object, Answer>(ask: (of: Of) => Answer): (of: Of) => Answer {
  let last: { of: Of; answer: Answer } | undefined;
  return (of) => {
    if (last?.of !== of) last = { of, answer: ask(of) };
    return last.answer;
  };
}
