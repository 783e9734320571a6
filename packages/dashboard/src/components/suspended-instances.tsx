import type { SuspendedInstance } from "@berth/shared/api/status";
import type { JSX } from "preact";
import { instancePath, nodePath } from "../routes/route.ts";
import { StateMark } from "./state-mark.tsx";

/** Instances that are taken down, by name: nothing of them is in the table of what should run. */
export function SuspendedInstances({ of }: { of: readonly SuspendedInstance[] }): JSX.Element | null {
  if (of.length === 0) return null;
  return (
    <section aria-labelledby="suspended-title">
      <h2 id="suspended-title">Suspended</h2>
      <ul class="suspended">
        {of.map(({ name, node }) => (
          <li key={name}>
            <StateMark state="suspended" /> <a href={instancePath(name)}>{name}</a>{" "}
            <span class="secondary">
              on <a href={nodePath(node)}>{node}</a>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
