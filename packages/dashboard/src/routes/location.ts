/** The address bar as a store: links change it without loading the page anew. */
import { createStore, type Store } from "../store.ts";

export const path: Store<string> = createStore(globalThis.location?.pathname ?? "/");

/** Goes to an address of this page. */
export function navigate(to: string): void {
  if (to === location.pathname) return;
  history.pushState(null, "", to);
  path.set(location.pathname);
  scrollTo(0, 0);
}

/** Makes plain clicks on links within the page, and the browser's back and forward, change the store. */
export function watchLocation(): void {
  addEventListener("popstate", () => path.set(location.pathname));
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!link || !isPlainClick(event) || link.target || link.origin !== location.origin || link.hash) return;
    event.preventDefault();
    navigate(link.pathname);
  });
}

function isPlainClick(event: MouseEvent): boolean {
  const modified = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
  return event.button === 0 && !modified && !event.defaultPrevented;
}
