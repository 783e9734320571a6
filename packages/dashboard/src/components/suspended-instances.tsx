import type { SuspendedInstance } from "@berth/shared/api/status";
import type { JSX } from "preact";
import { instancePath } from "../routes/route.ts";
import { StateMark } from "./state-mark.tsx";

/** Instances that are taken down, by name: nothing of them is in the table of what should run. */
export function SuspendedInstances({ of }: { of: readonly SuspendedInstance[] }): JSX.Element | null {
  if (of.length === 0) return null;
  return (
    <section aria-labelledby="suspended-title">
      <h2 id="suspended-title">Suspended</h2>
      <table class="fleet">
        <thead class="visually-hidden">
          <tr>
            <th scope="col">State</th>
            <th scope="col">Name</th>
            <th scope="col">Node</th>
          </tr>
        </thead>
        <tbody>
          {of.map(({ name, node }) => (
            <tr key={name}>
              <td class="column-state">
                <StateMark state="suspended" />
              </td>
              <th class="column-name" scope="row">
                <a href={instancePath(name)}>{name}</a>
              </th>
              <td class="secondary">{node}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
