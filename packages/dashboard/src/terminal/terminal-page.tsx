import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { instancePath } from "../routes/route.ts";
import { screenKeys } from "./keys.ts";
import { openScreen, type Screen } from "./screen.ts";
import { openShell, type Shell } from "./shell.ts";
import { endWords, stateWords, type ShellState } from "./words.ts";

interface TerminalPageProps {
  instance: string;
  /** undefined: the instance's own. */
  container: string | undefined;
}

/** The whole document: what it is a terminal of, whether anybody is there, and the terminal. */
export function TerminalPage({ instance, container }: TerminalPageProps): JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  const leaveTo = useRef<HTMLAnchorElement>(null);
  const screen = useRef<Screen | undefined>(undefined);
  const shell = useRef<Shell | undefined>(undefined);
  const [attempt, setAttempt] = useState(0);
  const [state, setState] = useState<ShellState>({ phase: "connecting" });
  const label = `Terminal of ${container ?? instance}`;
  useEffect(() => {
    document.title = `${container ?? instance} – Terminal – Berth`;
    if (!host.current) return undefined;
    const opened = openScreen(host.current, {
      label,
      onTyped: (bytes) => shell.current?.type(bytes),
      onSize: (size) => shell.current?.resize(size),
      onLeave: () => leaveTo.current?.focus(),
    });
    screen.current = opened;
    return opened.close;
  }, []);
  useEffect(() => {
    const { current } = screen;
    if (!current) return undefined;
    if (attempt > 0) current.settle();
    setState({ phase: "connecting" });
    current.listen(true);
    current.focus();
    const opened = openShell({ instance, container, size: current.size, onOutput: current.write, onState: setState });
    shell.current = opened;
    return opened.close;
  }, [attempt]);
  const isOver = state.phase === "ended" || state.phase === "failed";
  useEffect(() => {
    if (isOver) screen.current?.listen(false);
  }, [isOver]);
  useWarning(state.phase === "open");

  return (
    <main class="terminal">
      <header class="terminal-head">
        <h1>
          <a href={instancePath(instance)} ref={leaveTo}>
            {instance}
          </a>
          {container !== undefined && container !== instance && <span class="secondary"> {container}</span>}
        </h1>
        <State state={state} />
      </header>
      <End state={state} onAgain={() => setAttempt(attempt + 1)} />
      <div class="terminal-screen" ref={host} />
      <Foot screen={screen} />
    </main>
  );
}

function State({ state }: { state: ShellState }): JSX.Element {
  const { text, aside, tone } = stateWords(state);
  return (
    <p class="terminal-state" data-tone={tone}>
      <span role="status">{text}</span>
      {aside !== "" && <span aria-hidden="true">{aside}</span>}
    </p>
  );
}

function End({ state, onAgain }: { state: ShellState; onAgain: () => void }): JSX.Element {
  const words = endWords(state);
  const again = useRef<HTMLButtonElement>(null);
  const isOver = words !== undefined;
  // Nothing that is typed arrives any more: the keyboard gets what can be done.
  useEffect(() => {
    if (isOver) again.current?.focus();
  }, [isOver]);
  const mustLogIn = state.phase === "failed" && state.error.code === "unauthenticated";
  return (
    <div class="terminal-end" role="alert">
      {words !== undefined && <p>{words}</p>}
      {mustLogIn && <a href="/">Log in</a>}
      {isOver && (
        <button type="button" ref={again} onClick={onAgain}>
          Connect again
        </button>
      )}
    </div>
  );
}

/** How to copy, paste and get out; on a touch screen the keys that its keyboard does not have. */
function Foot({ screen }: { screen: { readonly current: Screen | undefined } }): JSX.Element {
  // Browsers keep the clipboard from pages without TLS, but for this machine's own.
  const clipboard = globalThis.isSecureContext ? navigator.clipboard : undefined;
  const press = (act: (opened: Screen) => void): void => {
    if (!screen.current) return;
    act(screen.current);
    screen.current.focus();
  };
  return (
    <footer class="terminal-foot">
      <p class="terminal-hint">
        Ctrl+C copies what is selected, Ctrl+V pastes, Ctrl+M leaves the terminal. Closing this tab ends what runs in
        it.
      </p>
      <div class="terminal-keys" role="group" aria-label="Keys">
        {screenKeys.map(({ label, name, typed }) => (
          <button
            key={name}
            type="button"
            aria-label={name}
            onClick={() => press((opened) => opened.type(typed(opened.hasApplicationCursor())))}
          >
            {label}
          </button>
        ))}
        {clipboard && (
          <>
            <button type="button" onClick={() => press((opened) => void clipboard.writeText(opened.text()))}>
              Copy
            </button>
            <button
              type="button"
              onClick={() => void clipboard.readText().then((text) => press((opened) => opened.paste(text)))}
            >
              Paste
            </button>
          </>
        )}
      </div>
    </footer>
  );
}

/** Ctrl+W deletes a word in a shell, and closes a browser's tab: the browser asks first. */
function useWarning(isOpen: boolean): void {
  useEffect(() => {
    if (!isOpen) return undefined;
    const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, [isOpen]);
}
