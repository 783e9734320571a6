import { createServer } from "node:net";
import { DatabaseSync, type SQLOutputValue } from "node:sqlite";
import { Environment } from "../base/environment.ts";
import { runStandIn } from "../base/program.ts";
import { type Answer, type Asked, Refusal, basicCredentials, createRoutedServer, sameText } from "../base/server.ts";
import { openTableStore } from "../base/table-store.ts";

const version = "26.8.20.9";

/** Stand-in for ClickHouse: its HTTP interface, users and formats, with SQLite in place of its engines. */
runStandIn("ClickHouse", () => {
  const environment = new Environment(process.env);
  const user = environment.optional("CLICKHOUSE_USER") ?? "default";
  const password = environment.secret("CLICKHOUSE_PASSWORD");
  const database = openTableStore(environment.optional("CLICKHOUSE_DATA") ?? "/var/lib/clickhouse");
  const query = async (asked: Asked): Promise<Answer> => {
    authenticate(asked, user, password);
    return run(database, `${asked.query.get("query") ?? ""}\n${asked.method === "POST" ? await asked.body() : ""}`);
  };
  const http = createRoutedServer({
    "GET /ping": () => ({ body: "Ok.\n" }),
    "GET /replicas_status": () => ({ body: "Ok.\n" }),
    "GET /": (asked) => (asked.query.has("query") ? query(asked) : { body: "Ok.\n" }),
    "POST /": query,
  });
  // It is there, and speaks none of the binary protocol.
  const native = createServer((socket) => socket.end());
  return {
    servers: [
      [http, environment.port("CLICKHOUSE_HTTP_PORT", 8123)],
      [native, environment.port("CLICKHOUSE_TCP_PORT", 9000)],
    ],
  };
});

function authenticate({ headers, query }: Asked, user: string, password: string): void {
  const basic = basicCredentials(headers);
  const name = String(headers["x-clickhouse-user"] ?? query.get("user") ?? basic?.name ?? "default");
  const given = String(headers["x-clickhouse-key"] ?? query.get("password") ?? basic?.password ?? "");
  if (name === user && sameText(given, password)) return;
  throw new Refusal(403, `Code: 516. DB::Exception: ${name}: Authentication failed. (AUTHENTICATION_FAILED)`);
}

/** One statement; of ClickHouse's own words, those about engines, order and formats are understood. */
function run(database: DatabaseSync, text: string): Answer {
  const [, statement = "", format = "TabSeparated", data = ""] =
    /^\s*(.*?)\s*(?:\bFORMAT\s+(\w+)\s*(.*))?;?\s*$/is.exec(text) ?? [];
  const [, table] = /^INSERT\s+INTO\s+([\w.]+)$/i.exec(statement) ?? [];
  try {
    if (table !== undefined) return insert(database, table, format, data);
    return select(
      database,
      statement.replace(/\s+ENGINE\s*=.*$/is, "").replaceAll(/\bversion\(\)/gi, `'${version}'`),
      format,
    );
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Refusal(error instanceof Refusal ? error.status : 400, `Code: 62. DB::Exception: ${message}`);
  }
}

function insert(database: DatabaseSync, table: string, format: string, data: string): Answer {
  if (format !== "JSONEachRow") throw new Error(`The stand-in inserts JSONEachRow, not ${format}`);
  for (const line of data.split("\n").filter((each) => each.trim() !== "")) {
    const row = Object.entries<unknown>(JSON.parse(line));
    const [names, marks] = [row.map(([name]) => `"${name}"`).join(", "), row.map(() => "?").join(", ")];
    const values = row.map(([, value]) =>
      typeof value === "number" || typeof value === "string" ? value : JSON.stringify(value),
    );
    database.prepare(`INSERT INTO ${table} (${names}) VALUES (${marks})`).run(...values);
  }
  return { body: "" };
}

function select(database: DatabaseSync, statement: string, format: string): Answer {
  const rows = database.prepare(statement).all();
  if (format === "JSON") return { body: { data: rows, rows: rows.length } };
  const line =
    format === "JSONEachRow" ? JSON.stringify : (row: Record<string, SQLOutputValue>) => Object.values(row).join("\t");
  return { body: rows.map((row) => `${line(row)}\n`).join("") };
}
