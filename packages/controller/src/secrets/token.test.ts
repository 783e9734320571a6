import { createVerifier } from "fast-jwt";
import { expect, test } from "vitest";
import { signToken } from "./token.ts";

const key = "a key of thirty-two characters....";

test("the same claims give the same token, another claim or key another one", () => {
  const claims = { access: [{ collection: "a", access: "rw" }], subject: "user1-openwebui" };
  expect(signToken(claims, key)).toBe(signToken(structuredClone(claims), key));
  expect(signToken({ ...claims, subject: "user2-openwebui" }, key)).not.toBe(signToken(claims, key));
  expect(signToken(claims, `${key}.`)).not.toBe(signToken(claims, key));
});

test("the token holds the claims and nothing else, times included", () => {
  const verify = createVerifier({ key, algorithms: ["HS256"], clockTimestamp: 1_700_000_000_000 });
  expect(verify(signToken({ access: "r" }, key))).toEqual({ access: "r" });
  const supabase = { role: "anon", iss: "supabase", iat: 1_641_769_200, exp: 1_799_535_600 };
  expect(verify(signToken(supabase, key))).toEqual(supabase);
});

test("a token is what others make of the same claims and key (the example of jwt.io)", () => {
  expect(signToken({ sub: "1234567890", name: "John Doe", iat: 1_516_239_022 }, "your-256-bit-secret")).toBe(
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
  );
});
