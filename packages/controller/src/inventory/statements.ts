import type Sqlite from "better-sqlite3";
import type { SqliteDatabase, SqliteStatement } from "kysely";
import { explainSqliteError } from "./sqlite-errors.ts";

/** Statements kept; more than every query of the controller has. */
const maxStatements = 256;

/** What kysely needs of SQLite, with each statement prepared once and failures of SQLite explained. */
export function createStatementCache(sqlite: Sqlite.Database, file: string): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>();
  return {
    close: () => sqlite.close(),
    prepare(text) {
      const known = statements.get(text);
      if (known !== undefined) {
        // Last in the map is used last: the first is the one to drop.
        statements.delete(text);
        statements.set(text, known);
        return known;
      }
      const statement = explained(
        explain(file, () => sqlite.prepare(text)),
        file,
      );
      // A changed schema changes what a statement returns: keep only those that cannot be affected.
      if (/^\s*(?:select|insert|update|delete|with)\b/i.test(text)) statements.set(text, statement);
      else if (/^\s*(?:create|alter|drop)\b/i.test(text)) statements.clear();
      if (statements.size > maxStatements) {
        for (const oldest of statements.keys()) {
          statements.delete(oldest);
          break;
        }
      }
      return statement;
    },
  };
}

function explained(statement: Sqlite.Statement, file: string): SqliteStatement {
  return {
    reader: statement.reader,
    all: (parameters) => explain(file, () => statement.all(...parameters)),
    run: (parameters) => explain(file, () => statement.run(...parameters)),
    iterate: (parameters) => explain(file, () => statement.iterate(...parameters)),
  };
}

function explain<T>(file: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw explainSqliteError(error, file);
  }
}
