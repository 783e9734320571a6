import { SqliteAdapter, SqliteDialect, type DialectAdapter } from "kysely";

/**
 * SQLite undoes schema changes with their transaction. Kysely does not count on it; this says so, so that a migration
 * that breaks half way leaves nothing behind.
 */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

export class TransactionalSqliteDialect extends SqliteDialect {
  override createAdapter(): DialectAdapter {
    return new TransactionalAdapter();
  }
}
