/**
 * Paints what shows live numbers, outside of rendering: a second of a large fleet brings hundreds of numbers, and none
 * of them changes the structure of the page. Only what is on screen is painted, all of it in one frame.
 */
export interface Painter {
  /** Has `paint` called when `element` comes into view, and in the frame after `request(topic)` while it is in view. */
  add: (element: Element, topic: string, paint: () => void) => () => void;
  /** Something about the topic changed. */
  request: (topic: string) => void;
  /** Everything looks different now: another theme. */
  requestAll: () => void;
  close: () => void;
}

/** Nodes send their samples at moments of their own; those that come close together share a frame. */
const restMilliseconds = 400;

interface Item {
  topic: string;
  paint: () => void;
  visible: boolean;
  dirty: boolean;
}

export function createPainter(): Painter {
  const items = new Map<Element, Item>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let frame: number | undefined;
  let paintedAt = Number.NEGATIVE_INFINITY;

  const paintDirty = () => {
    frame = undefined;
    paintedAt = performance.now();
    for (const item of items.values()) {
      if (!item.visible || !item.dirty) continue;
      item.dirty = false;
      item.paint();
    }
  };
  const soon = () => {
    frame ??= requestAnimationFrame(paintDirty);
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
  const mark = (concerns: (item: Item) => boolean) => {
    for (const item of items.values()) if (concerns(item)) item.dirty = true;
    schedule();
  };
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
    add: (element, topic, paint) => {
      items.set(element, { topic, paint, visible: false, dirty: true });
      visibility.observe(element);
      return () => {
        items.delete(element);
        visibility.unobserve(element);
      };
    },
    request: (topic) => mark((item) => item.topic === topic),
    requestAll: () => mark(() => true),
    close: () => {
      visibility.disconnect();
      items.clear();
      clearTimeout(timer);
      if (frame !== undefined) cancelAnimationFrame(frame);
    },
  };
}
