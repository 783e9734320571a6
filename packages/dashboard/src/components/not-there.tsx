import type { JSX } from "preact";
import { useRef } from "preact/hooks";

interface NotThereProps {
  what: "node" | "instance" | "tenant";
  name: string;
  wasThere: boolean;
}

/** In place of what a page is about. What the page has shown until now is gone; of anything else it knows nothing. */
export function NotThere({ what, name, wasThere }: NotThereProps): JSX.Element {
  return (
    <p class="notice" role="status">
      {wasThere ? `${name} is gone: the fleet no longer has this ${what}.` : `The fleet has no ${what} of this name.`}
    </p>
  );
}

/** Whether it ever was there since the page was opened. */
export function useWasThere(isThere: boolean): boolean {
  const wasThere = useRef(false);
  wasThere.current ||= isThere;
  return wasThere.current;
}
