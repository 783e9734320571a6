import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

export const databaseFileName = "webui.db";

export interface Chat {
  id: number;
  title: string;
}

/** What each version of the database's shape adds to the one before. There is no way down. */
const migrations: readonly string[] = [
  "CREATE TABLE chat (id INTEGER PRIMARY KEY, title TEXT NOT NULL)",
  // Older releases do not know the new name: they would fail on these data.
  "ALTER TABLE chat RENAME TO conversation",
];
const chatTables = ["chat", "conversation"] as const;

/** webui.db in the data folder, brought up to a schema version. */
export class WebuiDatabase {
  readonly #database: DatabaseSync;
  readonly #table: string;

  constructor(dataDirectory: string, schema: number) {
    mkdirSync(dataDirectory, { recursive: true });
    this.#database = new DatabaseSync(join(dataDirectory, databaseFileName));
    this.#database.exec("PRAGMA journal_mode = WAL");
    this.#migrate(schema);
    this.#table = chatTables[schema - 1] ?? "chat";
  }

  #migrate(schema: number): void {
    const present = this.schema;
    if (present > schema) {
      throw new Error(`webui.db has schema ${present}, this release knows ${schema}: restore the backup to go back`);
    }
    for (const [position, statement] of migrations.slice(0, schema).entries()) {
      if (position < present) continue;
      this.#database.exec(`BEGIN; ${statement}; PRAGMA user_version = ${position + 1}; COMMIT`);
    }
  }

  get schema(): number {
    return Number(this.#database.prepare("PRAGMA user_version").get()?.["user_version"]);
  }

  /** Throws when the file is damaged. */
  check(): void {
    const verdict = this.#database.prepare("PRAGMA quick_check").get()?.["quick_check"];
    if (verdict !== "ok") throw new Error("webui.db is damaged");
  }

  addChat(title: string): Chat {
    const { lastInsertRowid } = this.#database.prepare(`INSERT INTO ${this.#table} (title) VALUES (?)`).run(title);
    return { id: Number(lastInsertRowid), title };
  }

  chats(): Chat[] {
    return this.#database
      .prepare(`SELECT id, title FROM ${this.#table} ORDER BY id`)
      .all()
      .map((row) => ({ id: Number(row["id"]), title: String(row["title"]) }));
  }

  close(): void {
    this.#database.close();
  }
}
