import type { BerthError } from "@berth/shared/errors";
import type { ComponentChildren, JSX } from "preact";
import { sentences } from "../format/sentences.ts";

interface ErrorNoticeProps {
  error: BerthError;
  /** What did not work, before the error's own sentence. */
  what?: string;
  /** Buttons. */
  children?: ComponentChildren;
}

/** An error in full: what happened, what to do about it, and its code for whoever looks it up. */
export function ErrorNotice({ error, what, children }: ErrorNoticeProps): JSX.Element {
  return (
    <div class="notice notice-problem" role="alert">
      <p>
        {what === undefined ? "" : `${what}: `}
        {sentences(error)} <code class="muted">{error.code}</code>
      </p>
      {children}
    </div>
  );
}
