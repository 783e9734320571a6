/** Queries over ClickHouse's HTTP interface. */
import { reach } from "../base/reach.ts";
import type { ClickHouseAccess } from "./settings.ts";

const queryMilliseconds = 5000;

export class ClickHouse {
  readonly #access: ClickHouseAccess;

  constructor(access: ClickHouseAccess) {
    this.#access = access;
  }

  /** The original migrates over the binary protocol; the stand-in only looks whether it is there. */
  async migrate(): Promise<void> {
    const { hostname, port } = this.#access.migrationUrl;
    await reach(hostname, Number(port === "" ? "9000" : port));
    await this.query(
      "CREATE TABLE IF NOT EXISTS events (id String, project String, body String) ENGINE = MergeTree ORDER BY id",
    );
  }

  async insert(table: string, rows: readonly object[]): Promise<void> {
    await this.query(`INSERT INTO ${table} FORMAT JSONEachRow ${rows.map((row) => JSON.stringify(row)).join("\n")}`);
  }

  /** Rows of a query, whatever their columns. */
  async rows(statement: string): Promise<Record<string, unknown>[]> {
    const text = await this.query(`${statement} FORMAT JSONEachRow`);
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map((line): Record<string, unknown> => JSON.parse(line));
  }

  async query(statement: string): Promise<string> {
    const { url, user, password } = this.#access;
    const response = await fetch(url, {
      method: "POST",
      headers: { "x-clickhouse-user": user, "x-clickhouse-key": password },
      body: statement,
      signal: AbortSignal.timeout(queryMilliseconds),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`ClickHouse answers ${response.status}: ${text.trim()}`);
    return text;
  }
}
