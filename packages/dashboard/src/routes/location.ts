/** The address bar as a store: links change it without loading the page anew. */
import { createStore, type Store } from "../store.ts";

export const path: Store<string> = createStore(globalThis.location?.pathname ?? "/");

/** What follows the path, with its "?": how a page shows what it is about. */
export const search: Store<string> = createStore(globalThis.location?.search ?? "");

/** Goes to an address of this page. */
export function navigate(to: string): void {
  if (to === location.pathname + location.search) return;
  history.pushState(null, "", to);
  follow();
  scrollTo(0, 0);
}

/** Shows the same page otherwise; the browser's back leads to how it was. */
export function setSearch(to: string): void {
  if (to === location.search) return;
  history.pushState(null, "", location.pathname + to);
  follow();
}

function follow(): void {
  path.set(location.pathname);
  search.set(location.search);
}

/** Makes plain clicks on links within the page, and the browser's back and forward, change the store. */
export function watchLocation(): void {
  addEventListener("popstate", follow);
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!link || !isPlainClick(event) || link.target || link.origin !== location.origin || link.hash) return;
    event.preventDefault();
    navigate(link.pathname + link.search);
  });
}

function isPlainClick(event: MouseEvent): boolean {
  const modified = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
  return event.button === 0 && !modified && !event.defaultPrevented;
}
