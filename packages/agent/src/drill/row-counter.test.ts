import { describe, expect, it } from "vitest";
import { RowCounter } from "./row-counter.ts";

const script = `SET statement_timeout = 0;
CREATE TABLE public.rows (id integer, text text);
COPY public.rows (id, text) FROM stdin;
1	one
2	\\\\.
3	COPY public.other (id) FROM stdin;

\\.


COPY public."Mixed ""Case"" (x)" ("Id") FROM stdin;
\\.
COPY public.none  FROM stdin;

\\.
CREATE FUNCTION f() RETURNS text AS $$ SELECT 'COPY public.fake (id) FROM stdin;' $$ LANGUAGE sql;
`;
const rows = { "public.rows": 4, 'public."Mixed ""Case"" (x)"': 0, "public.none": 1 };

function count(...chunks: readonly Buffer[]): Record<string, number> {
  const counter = new RowCounter();
  for (const chunk of chunks) counter.receive(chunk);
  return Object.fromEntries(counter.rows);
}

describe("rows of a script", () => {
  it("are counted by table", () => {
    expect(count(Buffer.from(script))).toEqual(rows);
  });

  it("are the same wherever the script is cut", () => {
    const whole = Buffer.from(script);
    for (let size = 1; size < 40; size += 1) {
      const chunks = [];
      for (let start = 0; start < whole.length; start += size) chunks.push(whole.subarray(start, start + size));
      expect(count(...chunks)).toEqual(rows);
    }
  });
});
