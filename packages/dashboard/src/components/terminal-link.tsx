import type { JSX } from "preact";
import { terminalAddress } from "../routes/terminal-address.ts";
import { mayOperate } from "../session/may.ts";
import { useSession } from "../session/session.ts";

interface TerminalLinkProps {
  instance: string;
  /** Left out: the instance's own. */
  container?: string;
}

/** A shell in a container, in a tab of its own: closing that ends it. For accounts that may run commands there. */
export function TerminalLink({ instance, container }: TerminalLinkProps): JSX.Element | null {
  const { account } = useSession();
  if (!mayOperate(account)) return null;
  return (
    <a
      class={container === undefined ? "button" : "button small"}
      href={terminalAddress(instance, container)}
      target="_blank"
      rel="noopener"
      {...(container === undefined ? {} : { "aria-label": `Terminal of ${container}` })}
    >
      Terminal
    </a>
  );
}
