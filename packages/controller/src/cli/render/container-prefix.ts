/** Which container a log line is of, in front of it, as docker compose writes it. */
import type { Style } from "./style.ts";

/** Told apart on dark and light ground; red is left to errors. */
const colours = ["cyan", "yellow", "green", "magenta", "blue"] as const;

/** `names`: those that are known beforehand. Nothing stands before lines of the only one. */
export function containerPrefix(names: readonly string[], style: Style): (container: string | undefined) => string {
  const known = [...names];
  const width = Math.max(0, ...known.map((name) => name.length));
  return (container) => {
    if (container === undefined) return "";
    if (!known.includes(container)) known.push(container);
    if (known.length === 1 && names.length === 1) return "";
    const colour = colours[known.indexOf(container) % colours.length] ?? "cyan";
    return style[colour](`${container.padEnd(width)} | `);
  };
}
