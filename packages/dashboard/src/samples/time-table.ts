/**
 * Rows of numbers over time, of which the last `capacity` are kept. Each column is one contiguous array, so that a
 * curve is drawn from where the numbers already are. Written at the end; when the end is reached, the rows that count
 * move to the front, which happens once in `capacity` rows.
 */
export class TimeTable {
  readonly capacity: number;
  readonly time: Float64Array;
  /** Rows `begin` (inclusive) to `end` (exclusive) hold the present content of every column. */
  begin = 0;
  end = 0;
  readonly #groups = new Map<string, Float64Array[]>();

  constructor(capacity: number) {
    this.capacity = capacity;
    this.time = new Float64Array(2 * capacity);
  }

  get length(): number {
    return this.end - this.begin;
  }

  /** Time of the newest row in milliseconds; -Infinity when there is none. */
  get newest(): number {
    return this.length === 0 ? Number.NEGATIVE_INFINITY : (this.time[this.end - 1] ?? Number.NaN);
  }

  /** Names of the groups of columns that have been written. */
  get groups(): readonly string[] {
    return [...this.#groups.keys()];
  }

  /** The columns of a group, or undefined when nothing was ever written to it. Not measured is NaN. */
  group(name: string): readonly Float64Array[] | undefined {
    return this.#groups.get(name);
  }

  /** Begins a row, NaN in every column until `write`. `at` must be later than the newest row. */
  append(at: number): void {
    if (this.end === this.time.length) this.#moveToFront();
    this.time[this.end] = at;
    for (const columns of this.#groups.values()) for (const column of columns) column[this.end] = Number.NaN;
    this.end += 1;
    this.begin = Math.max(this.begin, this.end - this.capacity);
  }

  /** Writes a group's values into the newest row. */
  write(name: string, values: readonly (number | null)[]): void {
    let columns = this.#groups.get(name);
    if (columns === undefined) {
      columns = values.map(() => new Float64Array(this.time.length).fill(Number.NaN));
      this.#groups.set(name, columns);
    }
    values.forEach((value, index) => {
      const column = columns[index];
      if (column) column[this.end - 1] = value ?? Number.NaN;
    });
  }

  #moveToFront(): void {
    const length = this.length;
    this.time.copyWithin(0, this.begin, this.end);
    for (const [name, columns] of this.#groups) {
      for (const column of columns) column.copyWithin(0, this.begin, this.end);
      // A container that left more than a whole window ago.
      if (columns.every((column) => column.subarray(0, length).every(Number.isNaN))) this.#groups.delete(name);
    }
    this.begin = 0;
    this.end = length;
  }
}
