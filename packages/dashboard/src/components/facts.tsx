import type { ComponentChildren, JSX } from "preact";

/** Names with their values; what is not known is left out. */
export function Facts({ facts }: { facts: [name: string, value: ComponentChildren][] }): JSX.Element {
  return (
    <dl class="facts">
      {facts
        .filter(([, value]) => value !== undefined && value !== null)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
