import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useSession } from "../session/session.ts";

const copiedMilliseconds = 2_000;

/** A command to type, and to copy where the browser lets the page: it does so for secure origins alone. */
export function Command({ text }: { text: string }): JSX.Element {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), copiedMilliseconds);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
  };
  return (
    <span class="command">
      <code>{text}</code>
      {globalThis.isSecureContext && (
        <button
          type="button"
          class="small"
          aria-label={`Copy ${text}`}
          onClick={() => void copy().catch(() => setCopied(false))}
        >
          {copied ? "Copied" : "Copy"}
        </button>
      )}
    </span>
  );
}

/** What can be done, as commands. A tenant's account can do none of it. */
export function Commands({ of }: { of: readonly (readonly [does: string, command: string])[] }): JSX.Element | null {
  const { account } = useSession();
  if (account.role === "tenant") return null;
  return (
    <dl class="commands">
      {of.map(([does, command]) => (
        <div key={command}>
          <dt>{does}</dt>
          <dd>
            <Command text={command} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
