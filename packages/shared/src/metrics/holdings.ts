/** What stores and disks hold, as columns of the history. docs/metrics.md defines each. */

/** By what has them. What is a store's is a tenant's or an instance's; file systems are a node's, and volumes both's. */
const columnsOfKind = {
  database: ["databaseBytes"],
  bucket: ["bucketBytes", "objects"],
  collection: ["points"],
  "file-system": ["fileSystemUsedBytes", "fileSystemSizeBytes"],
  volume: ["volumeBytes"],
} as const;

export type HoldingKind = keyof typeof columnsOfKind;
export type HoldingColumn = (typeof columnsOfKind)[HoldingKind][number];

export const holdingColumns: readonly HoldingColumn[] = Object.values(columnsOfKind).flat();
export const fileSystemColumns = columnsOfKind["file-system"];
/** What a tenant or an instance may have, besides rows. */
export const heldColumns = holdingColumns.filter((column) => !fileSystemColumns.some((name) => name === column));

/** Asks for all counts of rows, of databases. The history has each under a name of its own: `rows:executions`. */
export const rowsColumn = "rows";
const rowsPrefix = `${rowsColumn}:`;

/** Stores are asked every five minutes, and disks looked at: in finer steps there would be gaps between two answers. */
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

/** Whether a thing of that kind may have the column. Of a kind that a newer version knows, none. */
export function isColumnOf(kind: string, column: string): boolean {
  if (kind === "database" && (column === rowsColumn || isRowsColumn(column))) return true;
  const known: Partial<Record<string, readonly string[]>> = columnsOfKind;
  return known[kind]?.includes(column) ?? false;
}
