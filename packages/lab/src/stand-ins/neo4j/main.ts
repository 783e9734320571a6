import { createServer } from "node:net";
import { Environment } from "../base/environment.ts";
import { runStandIn } from "../base/program.ts";
import {
  type Answer,
  type Asked,
  type Routes,
  basicCredentials,
  createRoutedServer,
  isObject,
  sameText,
  textFrom,
} from "../base/server.ts";
import { openTableStore } from "../base/table-store.ts";
import { readNeo4jSettings } from "./settings.ts";

const version = "5.26.29";

/** Stand-in for Neo4j: its accounts and HTTP API, with nodes that are texts. */
runStandIn("Neo4j", () => {
  const environment = new Environment(process.env);
  const { password, boltAddress } = readNeo4jSettings(process.env);
  const database = openTableStore(
    environment.optional("NEO4J_DATA") ?? "/data",
    "CREATE TABLE IF NOT EXISTS account (name TEXT PRIMARY KEY, password TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS node (id INTEGER PRIMARY KEY, text TEXT NOT NULL)",
  );
  // Said again later, it changes nothing, as with the original.
  database.prepare("INSERT OR IGNORE INTO account VALUES ('neo4j', ?)").run(password);
  const { password: current } = database.prepare("SELECT password FROM account WHERE name = 'neo4j'").get() ?? {};

  const routes: Routes = {
    "GET /": () => ({
      body: {
        bolt_direct: `bolt://${boltAddress}`,
        transaction: "/db/{databaseName}/tx",
        neo4j_version: version,
        neo4j_edition: "community",
      },
    }),
    "POST /db/neo4j/tx/commit": async (asked) => {
      if (!isAccount(asked, String(current))) return unauthorized();
      const { statements } = await asked.json();
      return { body: commit(Array.isArray(statements) ? statements : [], (text) => evaluate(text)) };
    },
  };

  function evaluate(text: string): unknown[] {
    if (/^CREATE\b/i.test(text)) {
      database.prepare("INSERT INTO node (text) VALUES (?)").run(text);
      return [];
    }
    if (/\bDELETE\b/i.test(text)) {
      database.exec("DELETE FROM node");
      return [];
    }
    if (/^MATCH\b.*\bcount\(/i.test(text))
      return [database.prepare("SELECT count(*) AS count FROM node").get()?.["count"]];
    const [, value] = /^RETURN (\d+)$/i.exec(text) ?? [];
    if (value === undefined) throw new Error(`The stand-in does not understand: ${text}`);
    return [Number(value)];
  }

  // Four zero bytes: none of the protocol versions that were offered.
  const bolt = createServer((socket) => socket.once("data", () => socket.end(Buffer.alloc(4))));
  return {
    servers: [
      [createRoutedServer(routes), environment.port("NEO4J_HTTP_PORT", 7474)],
      [bolt, environment.port("NEO4J_BOLT_PORT", 7687)],
    ],
    close: () => database.close(),
  };
});

function isAccount({ headers }: Asked, password: string): boolean {
  const given = basicCredentials(headers);
  return given?.name === "neo4j" && sameText(given.password, password);
}

function unauthorized(): Answer {
  const error = { code: "Neo.ClientError.Security.Unauthorized", message: "Invalid credential." };
  return { status: 401, headers: { "www-authenticate": 'Basic realm="Neo4j"' }, body: { errors: [error] } };
}

function commit(statements: readonly unknown[], evaluate: (text: string) => unknown[]): object {
  const texts = statements.map((each) => (isObject(each) ? textFrom(each["statement"]).trim() : ""));
  try {
    return { results: texts.map((text) => ({ data: evaluate(text).map((value) => ({ row: [value] })) })), errors: [] };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { results: [], errors: [{ code: "Neo.ClientError.Statement.SyntaxError", message }] };
  }
}
