import type { ComponentChildren, JSX } from "preact";

/** `classes` are those of the column's cells. */
export type Column = readonly [classes: string, words: ComponentChildren, title?: string];

interface TableHeadProps {
  /** Those after the state, which comes first. */
  columns: readonly Column[];
  /** What the rows disclose, in a last column whose head is for those who hear it. */
  more?: string;
}

export function TableHead({ columns, more }: TableHeadProps): JSX.Element {
  return (
    <thead>
      <tr>
        <th class="column-state" scope="col">
          <span>State</span>
        </th>
        {columns.map(([classes, words, title], index) => (
          <th key={index} class={classes} scope="col" title={title}>
            {words}
          </th>
        ))}
        {more !== undefined && (
          <th class="column-more" scope="col">
            <span class="visually-hidden">{more}</span>
          </th>
        )}
      </tr>
    </thead>
  );
}

/** What is measured of a container, or of all on a node. */
export const metricColumns: readonly Column[] = [
  [
    "column-metric column-cpu",
    <>
      CPU <span class="unit">cores</span>
    </>,
  ],
  ["column-metric", "Memory"],
  ["column-plain", "Network"],
  ["column-plain", "Disk"],
];
