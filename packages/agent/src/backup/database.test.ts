import { expect, test } from "vitest";
import { databaseError } from "./database.ts";

const source = { database: "user1_n8n", host: "10.0.6.10", port: 5432 };

test.each([
  ["pg_dump: error: query failed: ERROR:  permission denied for table kept", "forbidden", /ALTER TABLE … OWNER TO/],
  ['pg_dump: error: connection to server at "10.0.6.10" failed: refused', "store.failed", /Does the server run/],
])("%s", (said, code, hint) => {
  const error = databaseError("pg_dump", 1, `pg_dump: last built-in OID is 16383\n${said}\n`, source);
  expect(error).toMatchObject({ code, hint: expect.stringMatching(hint) });
  expect(error.message).toBe(`pg_dump of the database user1_n8n at 10.0.6.10:5432 ended with exit code 1: ${said}`);
});
