/**
 * Paints what shows live numbers, outside of rendering: a second of a large fleet brings hundreds of numbers, and none
 * of them changes the structure of the page. Only what is on screen is painted, at most once per frame.
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

interface Item {
  topic: string;
  paint: () => void;
  visible: boolean;
  dirty: boolean;
}

export function createPainter(): Painter {
  const items = new Map<Element, Item>();
  let frame: number | undefined;

  const paintDirty = () => {
    frame = undefined;
    for (const item of items.values()) {
      if (!item.visible || !item.dirty) continue;
      item.dirty = false;
      item.paint();
    }
  };
  const schedule = () => {
    frame ??= requestAnimationFrame(paintDirty);
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
      schedule();
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
      if (frame !== undefined) cancelAnimationFrame(frame);
    },
  };
}
