/** The terminal is a document of its own: its address says of what. */
import { terminalPath } from "@berth/shared/api/page";

/** `container` left out: the instance's own. */
export function terminalAddress(instance: string, container?: string): string {
  return `${terminalPath}?${new URLSearchParams({ instance, ...(container === undefined ? {} : { container }) })}`;
}

export function readTerminalAddress(search: string): { instance: string; container: string | undefined } {
  const query = new URLSearchParams(search);
  return { instance: query.get("instance") ?? "", container: query.get("container") ?? undefined };
}
