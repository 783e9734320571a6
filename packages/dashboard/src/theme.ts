/** Dark or light: the system's choice until the reader makes one, which this browser then remembers. */
import { createStore, type Store } from "./store.ts";

export type ThemeChoice = "system" | "dark" | "light";

/** public/theme.js reads the same key before the first paint. */
const storageKey = "berth.theme";

export const themeChoice: Store<ThemeChoice> = createStore<ThemeChoice>("system");

/** Takes up what public/theme.js found. */
export function startTheme(): void {
  const chosen = document.documentElement.dataset.theme;
  themeChoice.set(chosen === "dark" || chosen === "light" ? chosen : "system");
}

/** Calls `listener` when the colours change, by choice or with the system. Answers with what ends it. */
export function onThemeChange(listener: () => void): () => void {
  const system = matchMedia("(prefers-color-scheme: light)");
  system.addEventListener("change", listener);
  const end = themeChoice.subscribe(listener);
  return () => {
    end();
    system.removeEventListener("change", listener);
  };
}

export function chooseTheme(choice: ThemeChoice): void {
  if (choice === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
  remember(choice);
  themeChoice.set(choice);
}

function remember(choice: ThemeChoice): void {
  try {
    if (choice === "system") localStorage.removeItem(storageKey);
    else localStorage.setItem(storageKey, choice);
  } catch {
    // Storage is switched off in this browser: the choice lasts until the page is left.
  }
}
