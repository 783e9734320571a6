/** When a schedule last looked for what there was to do, whether it found something or not. */
export interface LooksTable {
  schedule: string;
  /** ISO 8601 in UTC. */
  at: string;
}
