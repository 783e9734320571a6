/** Of which container a log is, as the address says it: `?container=NAME`; without it, of all. Pure. */

const part = "container";

export function logContainerOf(search: string): string | undefined {
  return new URLSearchParams(search).get(part) ?? undefined;
}

/** The search with this container in place of another; the rest stays. */
export function withLogContainer(search: string, container: string | undefined): string {
  const others = search.replace(/^\?/, "").split("&");
  const kept = others.filter((one) => one !== "" && !one.startsWith(`${part}=`));
  const parts = container === undefined ? kept : [...kept, `${part}=${encodeURIComponent(container)}`];
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}
