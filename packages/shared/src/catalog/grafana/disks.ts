/** PromQL over file systems and volumes; `of` is a selector, `{node="$node"}` or none. */
const day = 86_400;

/** What is used of each file system's size. */
export function fill(of: string): string {
  return `berth_node_filesystem_used_bytes${of} / berth_node_filesystem_size_bytes${of}`;
}

/** The same in four days, if it goes on as in the last six hours: as the alert rule of examples/prometheus looks ahead. */
export function fillAhead(of: string): string {
  const used = `predict_linear(berth_node_filesystem_used_bytes${of}[6h], ${4 * day})`;
  return `clamp_min(${used} / berth_node_filesystem_size_bytes${of}, 0)`;
}

/** Bytes in a day, by the line through what was measured in `span`. */
export function growth(name: string, of: string, span: string): string {
  return `deriv(${name}${of}[${span}]) * ${day}`;
}
