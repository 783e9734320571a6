/** Keys that are not the shell's, and those that a keyboard on a screen does not have. */

export interface Key {
  key: string;
  ctrlKey: boolean;
  shiftKey: boolean;
  altKey: boolean;
  metaKey: boolean;
}

/** `browser`: it does what it does everywhere. `leave`: on to the page's buttons, since Tab is the shell's. */
export type KeyUse = "shell" | "copy" | "browser" | "leave";

export function useOf({ key, ctrlKey, shiftKey, altKey, metaKey }: Key, hasSelection: boolean): KeyUse {
  if (!ctrlKey || altKey || metaKey) return shiftKey && key === "Insert" ? "browser" : "shell";
  switch (key.toLowerCase()) {
    case "c":
      // Without a selection it interrupts; with Shift, browsers would show their developer tools.
      return hasSelection || shiftKey ? "copy" : "shell";
    case "v":
      return "browser";
    case "m":
      return "leave";
    default:
      return "shell";
  }
}

/** What a key on the screen types. Cursor keys are other ones where a program has asked for it. */
export const screenKeys: readonly { label: string; name: string; typed: (applicationCursor: boolean) => string }[] = [
  { label: "Esc", name: "Escape", typed: () => "\u001b" },
  { label: "Tab", name: "Tab", typed: () => "\t" },
  { label: "^C", name: "Control C", typed: () => "\u0003" },
  { label: "^D", name: "Control D", typed: () => "\u0004" },
  { label: "↑", name: "Up", typed: (application) => (application ? "\u001bOA" : "\u001b[A") },
  { label: "↓", name: "Down", typed: (application) => (application ? "\u001bOB" : "\u001b[B") },
  { label: "←", name: "Left", typed: (application) => (application ? "\u001bOD" : "\u001b[D") },
  { label: "→", name: "Right", typed: (application) => (application ? "\u001bOC" : "\u001b[C") },
];
