/** What stores hold for a tenant or a shared instance, as columns of the history. docs/metrics.md defines each. */

/** Of databases, of buckets (two of them) and of collections. */
export const holdingColumns = ["databaseBytes", "bucketBytes", "objects", "points"] as const;

/** Asks for all counts of rows. The history has each under a name of its own: `rows:executions`. */
export const rowsColumn = "rows";
const rowsPrefix = `${rowsColumn}:`;

/** Stores are asked every five minutes: in finer steps there would be gaps between two answers. */
export const holdingStepSeconds = 900;

export function rowsColumnOf(what: string): string {
  return rowsPrefix + what;
}

/** `rows:executions` -> `executions` */
export function rowsOf(column: string): string {
  return column.slice(rowsPrefix.length);
}

export function isRowsColumn(column: string): boolean {
  return column.startsWith(rowsPrefix) && column !== rowsPrefix;
}

export function isHoldingColumn(column: string): boolean {
  return column === rowsColumn || isRowsColumn(column) || holdingColumns.some((name) => name === column);
}
