/** Counts the rows of each table in a script of pg_restore while it passes by. Pure. */

const newline = 10;
/** Of a line that is no row: a statement COPY names every column of its table. */
const longestStatement = 1024 * 1024;
/** Of a row, what tells it from the end of the data. */
const rowBytes = 3;
const endOfData = "\\.";
const identifier = /(?:"(?:[^"]|"")*"|[^\s".(]+)/.source;
const copyPattern = new RegExp(String.raw`^COPY (${identifier}(?:\.${identifier})?)(?: \(.*\))? *FROM stdin;$`);

export class RowCounter {
  /** By the table's name as the script writes it, quoted where it must be. */
  readonly rows = new Map<string, number>();
  /** Whose rows are passing. */
  #table: string | null = null;
  /** The beginning of the line under way. */
  #line = Buffer.alloc(0);

  receive(chunk: Buffer): void {
    let from = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, from)) {
      this.#keep(chunk.subarray(from, end));
      this.#endLine();
      from = end + 1;
    }
    this.#keep(chunk.subarray(from));
  }

  #keep(part: Buffer): void {
    const room = (this.#table === null ? longestStatement : rowBytes) - this.#line.length;
    if (room <= 0 || part.length === 0) return;
    const kept = part.subarray(0, room);
    this.#line = this.#line.length === 0 ? Buffer.from(kept) : Buffer.concat([this.#line, kept]);
  }

  #endLine(): void {
    const line = this.#line.toString("utf8");
    this.#line = Buffer.alloc(0);
    if (this.#table === null) {
      const [, table] = copyPattern.exec(line) ?? [];
      if (table === undefined) return;
      this.#table = table;
      this.rows.set(table, this.rows.get(table) ?? 0);
    } else if (line === endOfData) this.#table = null;
    else this.rows.set(this.#table, (this.rows.get(this.#table) ?? 0) + 1);
  }
}
