import type { ComponentChildren, JSX } from "preact";

/** `classes` are those of the column's cells; `order`: what a table that can be sorted is sorted by with it. */
export type Column = readonly [classes: string, words: ComponentChildren, title?: string | undefined, order?: string];

/** By what a table is sorted, and how that is changed. */
export interface Sorting {
  by: string;
  onSort: (order: string) => void;
}

interface TableHeadProps {
  /** Those after the state, which comes first. */
  columns: readonly Column[];
  /** What the rows disclose, in a last column whose head is for those who hear it. */
  more?: string;
  /** Without it nothing can be sorted. */
  sorting?: Sorting | undefined;
}

export function TableHead({ columns, more, sorting }: TableHeadProps): JSX.Element {
  return (
    <thead>
      <tr>
        <Head column={["column-state", <span>State</span>, undefined, "attention"]} sorting={sorting} />
        {columns.map((column, index) => (
          <Head key={index} column={column} sorting={sorting} />
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

function Head({ column, sorting }: { column: Column; sorting: Sorting | undefined }): JSX.Element {
  const [classes, words, title, order] = column;
  if (sorting === undefined || order === undefined)
    return (
      <th class={classes} scope="col" title={title}>
        {words}
      </th>
    );
  return (
    <th class={classes} scope="col" title={title} aria-sort={sorting.by === order ? direction(order) : undefined}>
      <button type="button" class="sort" title={sortTitles[order]} onClick={() => sorting.onSort(order)}>
        {words}
      </button>
    </th>
  );
}

/** What is sorted by numbers has the highest first. */
function direction(order: string): "descending" | "other" {
  return sortTitles[order] === undefined ? "descending" : "other";
}

const sortTitles: Readonly<Record<string, string>> = {
  attention: "What needs attention first",
  name: "As the fleet has them",
};

/** What is measured of a container, or of all on a node. */
export const metricColumns: readonly Column[] = [
  [
    "column-metric column-cpu",
    <>
      CPU <span class="unit">cores</span>
    </>,
    undefined,
    "cpu",
  ],
  ["column-metric", "Memory", undefined, "memory"],
  ["column-plain", "Network", undefined, "network"],
  ["column-plain", "Disk", undefined, "disk"],
];
