import { expect, test } from "vitest";
import { createVerifier, matchesVerifier } from "./scram.ts";

test("gives the keys of RFC 7677's example exchange", () => {
  // Salt and rounds of RFC 7677 section 3, password 'pencil'; keys as PostgreSQL computes them for it.
  const verifier = createVerifier("pencil", Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64"), 4096);
  expect(verifier).toBe(
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
  );
});

test("matches its own password and no other, from the cache as well", () => {
  const verifier = createVerifier("correct horse");
  expect(matchesVerifier("correct horse", verifier)).toBe(true);
  expect(matchesVerifier("correct horse", verifier)).toBe(true);
  expect(matchesVerifier("Correct horse", verifier)).toBe(false);
  expect(matchesVerifier("correct horse", "md5deadbeef")).toBe(false);
});
