/**
 * Paints what shows live numbers, outside of rendering: a second of a large fleet brings hundreds of numbers, and none
 * of them changes the structure of the page. Only what is on screen is painted, and no more of it in one frame than the
 * browser can lay out and draw before the next one is due.
 */
export interface Painter {
  /** Has `paint` called when `element` comes into view, and soon after `request(topic)` while it is in view. `moves`: as time goes on, too. */
  add: (element: Element, topic: string, paint: () => void, moves?: boolean) => () => void;
  /** Something about the topic changed. */
  request: (topic: string) => void;
  /** Everything looks different now: another theme. */
  requestAll: () => void;
  close: () => void;
}

/** Nodes send their samples at moments of their own; those that come close together share frames. */
const restMilliseconds = 400;
/** Of an old processor, these take half of the time between two frames. */
const mostOfFrame = 32;

/** What moves with time is painted so often where nothing comes. */
const moveMilliseconds = 5_000;

interface Item {
  topic: string;
  paint: () => void;
  moves: boolean;
  visible: boolean;
  paintedAt: number;
}

export function createPainter(): Painter {
  const items = new Map<Element, Item>();
  /** Those that wait for longest come first. */
  const dirty = new Set<Item>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let frame: number | undefined;
  let paintedAt = Number.NEGATIVE_INFINITY;

  const paintDirty = (most: number) => {
    frame = undefined;
    paintedAt = performance.now();
    const due = [...dirty].filter(({ visible }) => visible);
    for (const item of due.slice(0, most)) {
      dirty.delete(item);
      item.paintedAt = paintedAt;
      item.paint();
    }
    if (due.length > most) soon();
  };
  const soon = (most = mostOfFrame) => {
    frame ??= requestAnimationFrame(() => paintDirty(most));
  };
  const schedule = () => {
    timer ??= setTimeout(
      () => {
        timer = undefined;
        soon();
      },
      Math.max(0, paintedAt + restMilliseconds - performance.now()),
    );
  };
  const moving = setInterval(() => {
    const before = performance.now() - moveMilliseconds;
    const due = [...items.values()].filter(({ moves, visible, paintedAt: last }) => moves && visible && last < before);
    for (const item of due) dirty.add(item);
    if (due.length > 0) schedule();
  }, moveMilliseconds);
  const visibility = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        const item = items.get(entry.target);
        if (item) item.visible = entry.isIntersecting;
      }
      soon();
    },
    { rootMargin: "64px" },
  );

  return {
    add: (element, topic, paint, moves = false) => {
      const item = { topic, paint, moves, visible: false, paintedAt: Number.NEGATIVE_INFINITY };
      items.set(element, item);
      dirty.add(item);
      visibility.observe(element);
      return () => {
        items.delete(element);
        dirty.delete(item);
        visibility.unobserve(element);
      };
    },
    request: (topic) => {
      for (const item of items.values()) if (item.topic === topic) dirty.add(item);
      schedule();
    },
    requestAll: () => {
      for (const item of items.values()) dirty.add(item);
      // Half of a page in the colours of the other theme would be seen.
      if (frame !== undefined) cancelAnimationFrame(frame);
      frame = undefined;
      soon(Number.POSITIVE_INFINITY);
    },
    close: () => {
      visibility.disconnect();
      items.clear();
      dirty.clear();
      clearTimeout(timer);
      clearInterval(moving);
      if (frame !== undefined) cancelAnimationFrame(frame);
    },
  };
}
