/** xterm.js in an element: as large as it, in the page's colours, and read to who does not see it. */
import { FitAddon } from "@xterm/addon-fit";
import { Terminal, type ITheme } from "@xterm/xterm";
import { onThemeChange } from "../theme.ts";
import { withoutEscapes } from "./bytes.ts";
import { useOf } from "./keys.ts";
import type { Size } from "./shell.ts";

export interface ScreenOptions {
  label: string;
  onTyped: (bytes: Uint8Array) => void;
  onSize: (size: Size) => void;
  /** The reader wants to get out of it by keyboard. */
  onLeave: () => void;
}

export interface Screen {
  /** `onTaken`: it is on the screen. */
  write: (bytes: Uint8Array, onTaken: () => void) => void;
  /** Types for the reader. */
  type: (text: string) => void;
  paste: (text: string) => void;
  /** Whether cursor keys are those that full-screen programs ask for. */
  hasApplicationCursor: () => boolean;
  /** What is selected, or all that is in view. */
  text: () => string;
  size: () => Size;
  focus: () => void;
  /** While nobody listens, nothing is typed. */
  listen: (isListening: boolean) => void;
  /** What a program has set that ended in the middle goes: another screen, the mouse, colours. What was written stays. */
  settle: () => void;
  close: () => void;
}

/** Fonts of the system: they have all of Unicode's lines and blocks, in one width. */
const fontFamily = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace';
const settling = "\u001b[?1047l\u001b[!p\u001b[?1000;1002;1003;1006;2004l\u001b[0m\r\n";

export function openScreen(host: HTMLElement, { label, onTyped, onSize, onLeave }: ScreenOptions): Screen {
  const terminal = new Terminal({
    fontFamily,
    fontSize: 13,
    scrollback: 5_000,
    screenReaderMode: true,
    // Programs choose colours for a ground that they do not know.
    minimumContrastRatio: 4.5,
    theme: themeOf(document.documentElement),
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  terminal.open(host);
  terminal.textarea?.setAttribute("aria-label", label);
  fit.fit();

  const encoder = new TextEncoder();
  terminal.onData((text) => onTyped(encoder.encode(text)));
  terminal.onBinary((text) => onTyped(Uint8Array.from(text, (character) => character.charCodeAt(0))));
  terminal.onResize(({ cols: columns, rows }) => onSize({ columns, rows }));
  let isKeyDown = false;
  terminal.attachCustomKeyEventHandler((event) => {
    isKeyDown = event.type === "keydown" || (isKeyDown && event.type !== "keyup");
    const use = useOf(event, terminal.hasSelection());
    if (use === "shell") return true;
    if (event.type === "keydown" && use !== "browser") {
      event.preventDefault();
      if (use === "leave") onLeave();
      else copySelection(terminal);
    }
    return false;
  });
  // What comes from no key (a list of emoji, dictation) is left to screen readers, says xterm.js, and types nothing.
  terminal.textarea?.addEventListener("input", (event) => {
    const { inputType, data, isComposing } = event as InputEvent;
    if (inputType === "insertText" && data !== null && !isComposing && !isKeyDown) terminal.input(data);
  });
  const paste = (text: string): void => terminal.paste(withoutEscapes(text));
  // Before xterm.js, which takes it as it is.
  host.addEventListener(
    "paste",
    (event) => {
      event.preventDefault();
      event.stopPropagation();
      paste(event.clipboardData?.getData("text/plain") ?? "");
    },
    { capture: true },
  );
  const observer = new ResizeObserver(() => fit.fit());
  observer.observe(host);
  const endTheme = onThemeChange(() => (terminal.options.theme = themeOf(document.documentElement)));

  return {
    write: (bytes, onTaken) => terminal.write(bytes, onTaken),
    type: (text) => terminal.input(text),
    paste,
    hasApplicationCursor: () => terminal.modes.applicationCursorKeysMode,
    text: () => (terminal.hasSelection() ? terminal.getSelection() : textInView(terminal)),
    size: () => ({ columns: terminal.cols, rows: terminal.rows }),
    focus: () => terminal.focus(),
    listen: (isListening) => (terminal.options.disableStdin = !isListening),
    settle: () => terminal.write(settling),
    close: () => {
      observer.disconnect();
      endTheme();
      terminal.dispose();
    },
  };
}

/** By the command and not by navigator.clipboard, which browsers keep from pages without TLS. xterm.js fills it in. */
function copySelection(terminal: Terminal): void {
  // oxlint-disable-next-line typescript/no-deprecated -- there is no other way without TLS
  document.execCommand("copy");
  // The next Ctrl+C interrupts.
  terminal.clearSelection();
}

function textInView({ buffer: { active }, rows }: Terminal): string {
  const lines = Array.from({ length: rows }, (_, row) => active.getLine(active.viewportY + row));
  return lines
    .map((line) => line?.translateToString(true) ?? "")
    .join("\n")
    .trimEnd();
}

function themeOf(root: Element): ITheme {
  const style = getComputedStyle(root);
  const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    background: colour("ground"),
    foreground: colour("text"),
    cursor: colour("accent"),
    cursorAccent: colour("ground"),
    selectionBackground: colour("line"),
    black: colour("line"),
    white: colour("text"),
    brightBlack: colour("muted"),
    brightWhite: colour("text"),
    red: colour("problem"),
    green: colour("good"),
    yellow: colour("warning"),
    blue: colour("accent"),
    magenta: colour("curve-4"),
    cyan: colour("curve-3"),
    brightRed: colour("problem"),
    brightGreen: colour("good"),
    brightYellow: colour("warning"),
    brightBlue: colour("accent"),
    brightMagenta: colour("curve-4"),
    brightCyan: colour("curve-3"),
  };
}
