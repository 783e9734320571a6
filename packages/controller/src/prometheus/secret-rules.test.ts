import { Secret } from "@berth/shared/secret";
import { expect, test } from "vitest";
import { checkRemoteWriteSecret, isRemoteWriteSecret } from "./secret-rules.ts";

test("one name is remote write's", () => {
  expect(["metrics/remoteWrite", "metrics/other", "user1/remoteWrite"].map(isRemoteWriteSecret)).toEqual([
    true,
    false,
    false,
  ]);
});

test("an address is taken, and what is none is refused without being repeated", () => {
  expect(() => checkRemoteWriteSecret(new Secret("https://anna:key@mimir.example.org/api/v1/push"))).not.toThrow();
  const refused = () => checkRemoteWriteSecret(new Secret("mimir.example.org/secretpath"));
  expect(refused).toThrow("The value is no URL");
  expect(refused).not.toThrow("secretpath");
});
