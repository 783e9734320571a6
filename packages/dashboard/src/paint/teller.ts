/**
 * Writes what is heard and searched for rather than seen: numbers of rows out of view, and what charts show, in words.
 * The painter leaves these alone; here all of them are written, but seldom, and so many in one frame.
 */
export interface Teller {
  /** Has `tell` called now and then after `request(topic)`. */
  add: (topic: string, tell: () => void) => () => void;
  /** Something about the topic changed. */
  request: (topic: string) => void;
  close: () => void;
}

const restMilliseconds = 10_000;
/** A frame costs much by itself where a table is long: few of them, each with a bounded part. */
const mostOfFrame = 64;

export function createTeller(): Teller {
  const topics = new Map<() => void, string>();
  const toldAt = new Map<string, number>();
  const waiting = new Set<() => void>();
  let frame: number | undefined;

  const tellSome = () => {
    let told = 0;
    for (const tell of waiting) {
      if (told === mostOfFrame) break;
      waiting.delete(tell);
      tell();
      told += 1;
    }
    frame = waiting.size === 0 ? undefined : requestAnimationFrame(tellSome);
  };

  return {
    add: (topic, tell) => {
      topics.set(tell, topic);
      return () => {
        topics.delete(tell);
        waiting.delete(tell);
      };
    },
    request: (topic) => {
      const now = performance.now();
      if (now - (toldAt.get(topic) ?? Number.NEGATIVE_INFINITY) < restMilliseconds) return;
      toldAt.set(topic, now);
      for (const [tell, of] of topics) if (of === topic) waiting.add(tell);
      frame ??= requestAnimationFrame(tellSome);
    },
    close: () => {
      topics.clear();
      waiting.clear();
      if (frame !== undefined) cancelAnimationFrame(frame);
    },
  };
}
