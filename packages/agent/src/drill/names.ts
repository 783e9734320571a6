/** What is made for a drill and gone after it. No tenant's name begins with `berth-`, so no instance is called like it. Pure. */

const prefix = "berth-drill-";

/** The one network of a node's one drill. */
export const drillNetwork = `${prefix}network`;

/** Of a container or a volume. Among each other the drill's containers have their own names. */
export function drillName(name: string): string {
  return `${prefix}${name}`;
}

export function isDrillName(name: string): boolean {
  return name.startsWith(prefix);
}
